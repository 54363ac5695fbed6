"""Authentication flows (Keycloak Server Administration Guide, "Authentication flows")."""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from provision._lib.errors import AlreadyExistsError
from provision._lib.matches import Matches
from provision._lib.urls import segment
from provision.core.across_fields import across_fields
from provision.core.handler import Observed
from provision.core.spec import NaturalKey, ReplaceOnChange, Secret, Spec, WhenNew, WriteOnly
from provision.keycloak import builtin, factory_realm
from provision.keycloak.api import server_info
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases import execution_tree as tree
from provision.keycloak.bases.execution_tree import Execution, Place
from provision.keycloak.bases.flow_names import FLOWS
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.handler import KeycloakHandler
from provision.keycloak.objects.authentication_bindings import bind, bound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provision.core.spec import Outputs
    from provision.keycloak.realm_listing import RealmListing

_OF_AUTHENTICATORS: Final = ("authenticator", "client-authenticator", "form-action", "form-authenticator")
"""The kinds of Keycloak's providers that are steps of flows."""
_EXECUTIONS: Final = ("authentication", "executions")
_CONFIG: Final = ("authentication", "config")


class AuthenticationFlow(Spec, module="keycloak", group="Authentication", rank=1):
    """A flow that people or clients go through to log in (Server Administration Guide, "Authentication flows").

    The steps are declared as a whole, in order. A change keeps the steps that stay and writes only what differs. While a
    change of several calls is made to a flow that the realm uses, the realm uses a copy of the flow as it was, so that
    nobody meets a half-made flow; if the change fails, the realm keeps using the copy until an `up` succeeds.

    A flow that Keycloak itself made, such as `browser`, is taken over when it is declared. Its requirements, their order
    and configurations can change; Keycloak refuses to add or remove its steps. AuthenticationBindings makes a realm use a
    flow.
    """

    realm: RealmName
    alias: Annotated[
        str,
        NaturalKey,
        Matches(r"[^/]+", "must be without slashes, and not empty"),
        AfterValidator(segment),
        Field(max_length=COLUMN),
        WhenNew(
            r"[^:?#@!$&()*+,;=\[\]\\]+",
            "must be without : ; ? # @ ! $ & * + , = and brackets and backslashes",
        ),
    ] = Field(description="Its name, unique among the flows and sub-flows of the realm.")
    description: str = Field(default="", max_length=COLUMN, description="What the admin console says of it.")
    flow_type: Annotated[Literal["basic-flow", "client-flow"], ReplaceOnChange] = Field(
        default="basic-flow", description="`client-flow` for the flow by which clients prove who they are."
    )
    executions: tuple[Execution, ...] = Field(default=(), description="Its steps, in order.")
    config_secrets: Annotated[dict[str, str], Secret, WriteOnly] = Field(
        default={},
        description="The secrets of the steps' configurations, by `<configAlias>/<key>`, for example the `secret.key` of "
        "reCAPTCHA.",
    )

    @across_fields
    def _each_name_once(self) -> None:
        steps = list(tree.walk(self.executions))
        flows = Counter([self.alias, *(step.sub_flow for step in steps if step.sub_flow)])
        configs = Counter(step.config_alias for step in steps if step.config_alias)
        for what, names in (("a flow or sub-flow", flows), ("a configuration", configs)):
            if twice := sorted(name for name, count in names.items() if count > 1):
                raise ValueError(f"{twice[0]!r} is the name of {what} twice")

    @across_fields
    def _secrets_of_its_own_steps(self) -> None:
        configs = {step.config_alias: step.config for step in tree.walk(self.executions) if step.config_alias}
        for name in self.config_secrets:
            alias, _, key = name.rpartition("/")
            if alias not in configs or not key:
                raise ValueError(
                    f"configSecrets: {name!r} is not `<configAlias>/<key>` of one of the executions"
                )
            if key in configs[alias]:
                raise ValueError(f"configSecrets: {key!r} stands in the config of {alias!r}, too")

    def refused_when_new(self) -> Iterator[str]:
        """Yield why Keycloak would not make the flow; one that exists already may be like that."""
        yield from super().refused_when_new()
        names = {step.sub_flow for step in tree.walk(self.executions)} & builtin.SUB_FLOWS
        if names and self.alias not in builtin.FLOWS:
            yield f"executions: {min(names)!r} is a sub-flow of a flow that Keycloak makes itself; give another alias"

    def secrets_of(self, config_alias: str) -> dict[str, str]:
        """Return the declared secrets of a configuration, by key."""
        parts = ((*name.rpartition("/"), value) for name, value in self.config_secrets.items())
        return {key: value for alias, _, key, value in parts if alias == config_alias}


class AuthenticationFlowHandler(KeycloakHandler[AuthenticationFlow]):
    """The handler of flows through the Admin API."""

    def discover(self, listing: RealmListing) -> Iterator[AuthenticationFlow]:
        """Yield the flows that people made, and the flows of Keycloak that they changed.

        Where the realm can't be exported, which the caller says, no change of a flow of Keycloak is seen.
        """
        try:
            exported = {} if listing.factory else self.session.export(listing.realm, whole=False)
        except KeycloakError:
            exported = {}
        fresh = factory_realm.factory(listing.realm, listing.default_role)["realm"]
        for item in listing.flows:
            alias, there = item["alias"], tree.within(exported, item["alias"])
            is_changed = bool(there.flows) and not factory_realm.same(
                factory_realm.without_ids(there.plain()), tree.within(fresh, alias).plain()
            )
            if listing.factory or not item["builtIn"] or is_changed:
                yield self.key(realm=listing.realm, alias=alias)

    def find(self, key: AuthenticationFlow) -> Observed[AuthenticationFlow] | None:
        """Return the flow with its steps, or None."""
        session, realm = self.session, key.realm
        listed = {item["alias"]: item for item in session.get(realm, *FLOWS) or ()}
        raw = listed.get(key.alias)
        steps = None if raw is None else session.get(realm, *FLOWS, key.alias, "executions")
        if raw is None or steps is None:
            return None
        used_by = {item.get("authenticationConfig"): item.get("providerId") or "" for item in steps}

        def config(id_: str) -> dict[str, Any]:
            """Return a configuration and the keys of its secrets."""
            told = session.get(realm, *_CONFIG, id_) or {}
            return {**told, "secrets": self._secret_keys(realm, used_by[id_])}

        rows = tree.rows(steps, config)
        spec = AuthenticationFlow.model_construct(
            realm=realm,
            alias=key.alias,
            description=raw.get("description") or "",
            flow_type=raw["providerId"],
            executions=tuple(row.whole() for row in rows),
            config_secrets={},
        )
        return Observed(raw["id"], spec, raw={**raw, "rows": rows, "aliases": frozenset(listed)})

    def preflight(self, spec: AuthenticationFlow) -> None:
        """Raise an error if this Keycloak lacks an authenticator; looks only if one is not Keycloak's own."""
        for name in (
            {step.authenticator for step in tree.walk(spec.executions)} - builtin.AUTHENTICATORS - {""}
        ):
            offered = [server_info.offered(self.session, spi) for spi in _OF_AUTHENTICATORS]
            if all(offered) and not any(name in (each or ()) for each in offered):
                raise server_info.LackingError(
                    f"Keycloak at {self.session.url} has no authenticator {name!r}.",
                    "The admin console lists them where it adds a step to a flow.",
                )

    def create(self, spec: AuthenticationFlow) -> Outputs | None:
        """Make the flow and its steps, or nothing at all if Keycloak refuses one of them."""
        self._refuse_secrets_in_clear(spec.realm, tree.walk(spec.executions))
        made = self.session.post(spec.realm, *FLOWS, body=_top_flow(spec))
        try:
            self._apply(spec, tree.changes(Place(spec.alias, made), (), spec.executions))
        except BaseException:
            with suppress(KeycloakError):
                self.session.delete(spec.realm, *FLOWS, made)
            raise
        return None

    def update(self, found: Observed[AuthenticationFlow], spec: AuthenticationFlow) -> Outputs | None:
        """Write what differs, while the realm uses a copy if the change takes several calls.

        Raises:
            KeycloakError: Keycloak refuses a step, or nobody may change it; the error names the copy that the realm uses.
        """
        changes = self._changes(found, spec)
        is_described = "description" in spec.model_fields_set and spec.description != found.spec.description
        copy = _copy_of(spec.alias)
        has_copy = copy in found.raw["aliases"]
        if is_described + len(changes) > 1 or not all(map(tree.is_one_call, changes)):
            has_copy = self._use_copy(spec, copy, there=has_copy)
        try:
            if is_described:
                body = {**_top_flow(spec), "id": found.id, "builtIn": found.raw["builtIn"]}
                self.session.put(spec.realm, *FLOWS, found.id, body=body)
            self._apply(spec, changes)
        except KeycloakError as error:
            if not has_copy:
                raise
            raise KeycloakError(
                error.what,
                f"The realm uses {copy!r}, the flow as it was, until an `up` makes {spec.alias!r} what is declared.",
            ) from error
        if has_copy:
            self._drop_copy(spec, copy)
        return None

    def delete(self, found: Observed[AuthenticationFlow]) -> None:
        """Remove the flow with its steps; a flow that Keycloak made stays.

        Raises:
            KeycloakError: The realm uses the flow, or something else does.
        """
        session, realm = self.session, found.spec.realm
        if found.raw["builtIn"]:
            return
        if places := bound(session.get(realm), found.spec.alias):
            raise KeycloakError(
                f"Realm {realm} uses the {found.spec.label()} ({', '.join(places)}).",
                "Bind another flow first; AuthenticationBindings does.",
            )
        try:
            session.delete(realm, *FLOWS, found.id)
        except KeycloakError as error:
            raise KeycloakError(error.what, "Perhaps a client or an identity provider uses it.") from error

    # -- the steps ------------------------------------------------------------------------------------------------

    def _changes(self, found: Observed[AuthenticationFlow], spec: AuthenticationFlow) -> list[tree.Change]:
        """Return what differs in the steps.

        Raises:
            KeycloakError: Keycloak made the flow, and a step is added or removed; or a secret is declared in clear.
        """
        if "executions" not in spec.model_fields_set:
            return []
        secrets = {name.rpartition("/")[0] for name in spec.config_secrets}
        place = Place(spec.alias, found.id)
        changes = tree.changes(place, found.raw["rows"], spec.executions, secrets)
        if found.raw["builtIn"] and any(isinstance(item, tree.Add | tree.Remove) for item in changes):
            raise KeycloakError(
                f"Keycloak made the {spec.label()}, and lets nobody add or remove its steps.",
                "Declare a flow of another alias, and bind it with AuthenticationBindings.",
            )
        written = [item.step for item in changes if isinstance(item, tree.Add | tree.Configure)]
        self._refuse_secrets_in_clear(spec.realm, tree.walk(written))
        return changes

    def _refuse_secrets_in_clear(self, realm: str, steps: Iterable[Execution]) -> None:
        """Raise an error for a secret among the open settings, where the state would show it."""
        for step in steps:
            if not step.config:
                continue
            if clear := sorted(self._secret_keys(realm, step.authenticator) & step.config.keys()):
                raise KeycloakError(
                    f"The setting {clear[0]!r} of {step.authenticator} is a secret.",
                    f"Declare it in configSecrets, as {step.config_alias + '/' + clear[0]!r}.",
                )

    def _secret_keys(self, realm: str, authenticator: str) -> set[str]:
        """Return the keys of an authenticator's settings that are secrets."""
        told = self.session.get(realm, "authentication", "config-description", authenticator) or {}
        return {item["name"] for item in told.get("properties") or () if item.get("secret")}

    def _apply(self, spec: AuthenticationFlow, changes: Sequence[tree.Change]) -> None:
        session, realm = self.session, spec.realm
        try:
            for change in changes:
                match change:
                    case tree.Remove(row):
                        session.delete(realm, *_EXECUTIONS, row.id)
                    case tree.Add(step, place, priority):
                        self._add(spec, step, place, priority)
                    case tree.Configure(row, step):
                        self._configure(spec, step, row)
                    case tree.Describe(row, step):
                        body = {"id": row.flow_id, **_sub_flow(step), "topLevel": False}
                        session.put(realm, *FLOWS, row.flow_id, body=body)
                    case tree.Adjust(row, requirement, priority):
                        self._adjust(spec, row.id, requirement, priority)
            self._switch_on(spec, [item.step for item in changes if isinstance(item, tree.Add)])
        except AlreadyExistsError as error:
            raise KeycloakError(
                f"A name in the {spec.label()} is taken: {error.what}",
                "Names of flows, of sub-flows and of configurations are unique in a realm.",
            ) from error

    def _add(self, spec: AuthenticationFlow, step: Execution, place: Place, priority: int) -> None:
        """Make a step; Keycloak makes a sub-flow disabled, so that it is of no effect until all its steps are made."""
        session, realm = self.session, spec.realm
        if step.sub_flow:
            body = {**_sub_flow(step), "type": _sub_flow(step)["providerId"], "priority": priority}
            body["provider"] = step.authenticator
            made = session.post(realm, *FLOWS, place.alias, "executions", "flow", body=body)
            for inner in tree.changes(Place(step.sub_flow, made), (), step.executions):
                if isinstance(inner, tree.Add):
                    self._add(spec, inner.step, inner.place, inner.priority)
            return
        body = {"authenticator": step.authenticator, "parentFlow": place.id, "authenticatorFlow": False}
        body |= {"requirement": step.requirement, "priority": priority}
        made = session.post(realm, *_EXECUTIONS, body=body)
        if step.config_alias:
            self._configure(spec, step, tree.Row(step, made))

    def _switch_on(self, spec: AuthenticationFlow, added: Sequence[Execution]) -> None:
        """Give new sub-flows their requirement, the inner ones first."""
        wanted = {step.sub_flow: step.requirement for step in tree.walk(added) if step.sub_flow}
        if not wanted:
            return
        listed = self.session.get(spec.realm, *FLOWS, spec.alias, "executions") or ()
        for item in sorted(listed, key=lambda item: -int(item["level"])):
            requirement = wanted.get(item["displayName"]) if item.get("authenticationFlow") else None
            if requirement is not None and requirement != item["requirement"]:
                self._adjust(spec, item["id"], requirement, item["priority"])

    def _adjust(self, spec: AuthenticationFlow, id_: str, requirement: str, priority: int) -> None:
        body = {"id": id_, "requirement": requirement, "priority": priority}
        self.session.put(spec.realm, *FLOWS, spec.alias, "executions", body=body)

    def _configure(self, spec: AuthenticationFlow, step: Execution, row: tree.Row) -> None:
        """Give a step its configuration; Keycloak's mask of a secret goes back and leaves the secret unchanged."""
        session, realm = self.session, spec.realm
        if not step.config_alias:
            session.delete(realm, *_CONFIG, row.config_id)
            return
        secrets = {**dict(row.masked), **spec.secrets_of(step.config_alias)}
        settings = {**step.config, **{key: value for key, value in secrets.items() if value}}
        body = {"alias": step.config_alias, "config": settings}
        if row.config_id:
            session.put(realm, *_CONFIG, row.config_id, body={"id": row.config_id, **body})
        else:
            session.post(realm, *_EXECUTIONS, row.id, "config", body=body)

    # -- the copy that the realm uses meanwhile -------------------------------------------------------------------

    def _use_copy(self, spec: AuthenticationFlow, copy: str, *, there: bool) -> bool:
        """Make the realm use a copy of the flow, if the realm uses the flow; return whether there is a copy then.

        A copy that the realm uses already is the flow as it was before an interrupted change, and stays.
        """
        session, realm = self.session, spec.realm
        raw = session.get(realm)
        places = bound(raw, spec.alias)
        if not places:
            return there
        if there and not bound(raw, copy):
            self._remove(realm, copy)
            there = False
        if not there:
            session.post(realm, *FLOWS, spec.alias, "copy", body={"newName": copy})
        bind(session, realm, dict.fromkeys(places, copy))
        return True

    def _drop_copy(self, spec: AuthenticationFlow, copy: str) -> None:
        """Make the realm use the flow again, and remove the copy."""
        places = bound(self.session.get(spec.realm), copy)
        bind(self.session, spec.realm, dict.fromkeys(places, spec.alias))
        self._remove(spec.realm, copy)

    def _remove(self, realm: str, alias: str) -> None:
        for item in self.session.get(realm, *FLOWS) or ():
            if item["alias"] == alias:
                self.session.delete(realm, *FLOWS, item["id"])


def _top_flow(spec: AuthenticationFlow) -> dict[str, Any]:
    """Return the representation of a flow without its steps."""
    return {
        "alias": spec.alias,
        "description": spec.description,
        "providerId": spec.flow_type,
        "topLevel": True,
        "builtIn": False,
    }


def _sub_flow(step: Execution) -> dict[str, Any]:
    """Return the representation of a sub-flow without its steps; one that fills a form is of another type."""
    return {
        "alias": step.sub_flow,
        "description": step.description,
        "providerId": "form-flow" if step.authenticator else "basic-flow",
        "builtIn": False,
    }


def _copy_of(alias: str) -> str:
    """Return the alias of the copy that the realm uses during a change; Keycloak puts it before the names of sub-flows."""
    return f"{alias[:40]} - kept {hashlib.sha256(alias.encode()).hexdigest()[:6]}"
