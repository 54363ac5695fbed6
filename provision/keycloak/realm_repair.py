"""Putting back what others changed in a realm, and taking away what they added (Admin REST API)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision.core.record import leaves
from provision.keycloak import realm_document as document
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.role_mappings import role, take
from provision.keycloak.objects.client import client_with_id
from provision.keycloak.objects.mail_server import SMTP_SERVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from provision.core.record import Path
    from provision.keycloak.api.session import Session
    from provision.keycloak.realm_differences import Difference

_OBJECT = 2
_TEXTS = "localizationTexts"
"""The key of the texts by language in a realm's representation."""


def put_back(session: Session, realm: str, found: Iterable[Difference]) -> Iterator[tuple[Path, str]]:
    """Give everything its recorded value; yield each object that was changed, with the reason if that failed.

    Args:
        session: The Admin API.
        realm: The realm's name.
        found: The differences.
    """
    ordered = sorted(found, key=lambda item: (_rank(item.path[0]), item.path))
    for path, items in groupby(ordered, key=_object_of):
        try:
            _WRITERS[path[0]](session, realm, path[-1], list(items))
        except ProvisionError as error:  # also an answer that never came
            yield path, error.what
        else:
            yield path, ""


def _object_of(item: Difference) -> Path:
    return item.path[: 1 if item.path[0] == document.REALM else _OBJECT]


def remove(session: Session, realm: str, path: Path) -> None:
    """Take away an object that somebody added: a component, a flow, an identity provider, a mapper.

    Raises:
        KeycloakError: Keycloak refuses.
    """
    if len(path) > _OBJECT:
        section, name, _, mapper = path
        where = _address(session, realm, section, name)
        for item in session.get(realm, *where, "protocol-mappers", "models") or ():
            if item["name"] == mapper:
                session.delete(realm, *where, "protocol-mappers", "models", item["id"])
    elif path[0] == document.COMPONENTS:
        for item in _components(session, realm, path[1]):
            session.delete(realm, "components", item["id"])
    elif path[0] == document.FLOWS:
        for item in session.get(realm, "authentication", "flows") or ():
            if item["alias"] == path[1]:
                session.delete(realm, "authentication", "flows", item["id"])
    else:
        session.delete(realm, "identity-provider", "instances", path[1])


def _rank(section: str) -> int:
    """Return the place of a section in the order of repairs: what others refer to comes first."""
    order = (document.CLIENTS, document.ROLES, document.CLIENT_SCOPES, document.FLOWS, document.FLOW_SETTINGS)
    return order.index(section) if section in order else len(order)


def _placed(raw: dict[str, Any], items: Sequence[Difference], depth: int) -> dict[str, Any]:
    """Return a representation with the recorded values at their paths; what was not set is blank."""
    for item in items:
        *parents, last = item.path[depth:]
        owner = raw
        for parent in parents:
            owner[parent] = owner.get(parent) or {}
            owner = owner[parent]
        owner[last] = type(item.after)() if item.before is None else item.before
    return raw


def _realm(session: Session, realm: str, _name: str, items: Sequence[Difference]) -> None:
    texts = [item for item in items if item.path[1] == _TEXTS]
    for item in texts:
        _text(session, realm, item)
    if len(texts) == len(items):
        return
    raw = session.get(realm) or {}
    placed = _placed(raw, [item for item in items if item not in texts], 1)
    placed["attributes"] = {key: value for key, value in (placed.get("attributes") or {}).items() if value}
    smtp = {key: value for key, value in (placed.get(SMTP_SERVER) or {}).items() if value}
    placed[SMTP_SERVER] = smtp if "host" in smtp else {}  # or a masked password would be left alone
    session.put(realm, body=placed)  # whole: Keycloak takes the policies for OTP and WebAuthn only together


def _text(session: Session, realm: str, item: Difference) -> None:
    """Give a text of a language its recorded value, or take it away; a PUT of the realm leaves texts as they are."""
    *_, locale, key = item.path
    if item.before is None:
        session.delete(realm, "localization", locale, key)
    else:
        session.post(realm, "localization", locale, body={key: item.before})


def _scope_of_new_clients(session: Session, realm: str, _name: str, items: Sequence[Difference]) -> None:
    for item in items:
        _move(session, realm, item)


def _move(session: Session, realm: str, item: Difference, where: tuple[str, ...] = ()) -> None:
    """Put a scope into the list that it was in: of a client at a path, or of the realm."""
    scope = _address(session, realm, document.CLIENT_SCOPES, item.path[-1])[-1]
    begin = "" if where else "default-"
    if item.after is not None:
        session.delete(realm, *where, f"{begin}{item.after}-client-scopes", scope)
    if item.before is not None:
        session.put(realm, *where, f"{begin}{item.before}-client-scopes", scope, body={})


def _role(session: Session, realm: str, name: str, items: Sequence[Difference]) -> None:
    owner, _, own = name.rpartition("/")
    for item in items:
        if len(item.path) == _OBJECT:
            where = _address(session, realm, document.CLIENTS, owner) if owner else ()
            session.post(realm, *where, "roles", body={"name": own})
    made = role(session, realm, own, owner)
    where = ("roles-by-id", made["id"], "composites")
    for item in items:
        given = leaves(item.before) if len(item.path) == _OBJECT else [((item.path[-1],), item.before)]
        for path, wanted in given:
            if path:
                _give_or_take(session, realm, where, path[-1], give=bool(wanted))


def _give_or_take(session: Session, realm: str, where: tuple[str, ...], name: str, *, give: bool) -> None:
    owner, _, own = name.rpartition("/")
    roles = [role(session, realm, own, owner)]
    if give:
        session.post(realm, *where, body=roles)
    else:
        take(session, realm, *where, roles=roles)


def _default_group(session: Session, realm: str, path: str, items: Sequence[Difference]) -> None:
    group = session.get(realm, "group-by-path", *path.strip("/").split("/"))
    if group is None:
        raise KeycloakError(f"There is no group {path} in realm {realm}.")
    if items[0].before:
        session.put(realm, "default-groups", group["id"], body={})
    else:
        session.delete(realm, "default-groups", group["id"])


def _required_action(session: Session, realm: str, alias: str, items: Sequence[Difference]) -> None:
    where = ("authentication", "required-actions", alias)
    whole = next((item for item in items if len(item.path) == _OBJECT), None)
    if whole is None:
        session.put(realm, *where, body=_placed(session.get(realm, *where) or {}, items, _OBJECT))
    elif whole.before is None:
        session.delete(realm, *where)
    else:
        told = {"name": whole.before.get("name", alias), "providerId": whole.before["providerId"]}
        session.post(realm, "authentication", "register-required-action", body=told)
        session.put(realm, *where, body={"alias": alias} | whole.before)


def _executions(session: Session, realm: str, alias: str, items: Sequence[Difference]) -> None:
    """Bring the steps of a flow to what was recorded: each by its authenticator or inner flow."""
    (item,) = items
    if item.path[-1] != "executions":
        raise KeycloakError("Keycloak can't give back a flow that is gone.")
    where = ("authentication", "flows", alias, "executions")
    wanted = {_step(step): step for step in item.before or ()}
    for step in _steps(session, realm, where):
        if _step_shown(step) not in wanted:
            session.delete(realm, "authentication", "executions", step["id"])
    present = {_step_shown(step) for step in _steps(session, realm, where)}
    for name, step in wanted.items():
        if name not in present and "authenticator" in step:
            session.post(realm, *where, "execution", body={"provider": step["authenticator"]})
    for step in _steps(session, realm, where):
        told = wanted.get(_step_shown(step))
        if told is not None:
            session.put(realm, *where, body=step | {key: told[key] for key in ("requirement", "priority")})


def _steps(session: Session, realm: str, where: tuple[str, ...]) -> list[dict[str, Any]]:
    return [step for step in session.get(realm, *where) or () if step["level"] == 0]


def _step(step: dict[str, Any]) -> str:
    return str(step.get("flowAlias") or step.get("authenticator"))


def _step_shown(step: dict[str, Any]) -> str:
    return str(step["displayName"] if step.get("authenticationFlow") else step["providerId"])


def _flow_settings(session: Session, realm: str, alias: str, items: Sequence[Difference]) -> None:
    if any(len(item.path) == _OBJECT for item in items):
        raise KeycloakError(
            f"Keycloak can't give back the settings {alias!r} of an authenticator that are gone."
        )
    for item in session.export(realm).get("authenticatorConfig") or ():
        if item["alias"] == alias:
            session.put(realm, "authentication", "config", item["id"], body=_placed(item, items, _OBJECT))


def _components(session: Session, realm: str, name: str) -> list[dict[str, Any]]:
    found = session.get(realm, "components") or ()
    return [item for item in found if document.component_name(item["providerType"], item) == name]


def _component(session: Session, realm: str, name: str, items: Sequence[Difference]) -> None:
    for item in items:
        if len(item.path) == _OBJECT:
            _make_component(session, realm, name, item.before)
            return
    settings = [item for item in items if len(item.path) > _OBJECT]
    for raw in _components(session, realm, name):
        raw["config"] = _placed(raw.get("config") or {}, settings, _OBJECT)
        session.put(realm, "components", raw["id"], body=raw)


def _make_component(session: Session, realm: str, name: str, config: Any) -> None:
    kind, *rest = name.split("/")
    types = {item["providerType"] for item in session.get(realm, "components") or ()}
    full = next((each for each in (*types, *document.COMPONENT_TYPES) if each.endswith(f".{kind}")), None)
    if full is None:
        raise KeycloakError(f"Keycloak has no components of type {kind}.")
    sub, provider, own = rest if len(rest) == _OBJECT + 1 else (None, *rest)
    if provider in document.KEYS_BY_HAND:
        raise KeycloakError(
            f"The key {own} is lost: nobody but Keycloak held it. Make one: {hint('rotate', 'keys')}."
        )
    body = {"name": own, "providerId": provider, "providerType": full, "config": config or {}}
    body |= {"parentId": session.realm_id(realm)} | ({"subType": sub} if sub else {})
    session.post(realm, "components", body=body)


def _address(session: Session, realm: str, section: str, name: str) -> tuple[str, ...]:
    """Return the path of a client or client scope."""
    if section == document.CLIENTS:
        found = client_with_id(session, realm, name)
        if found is not None:
            return ("clients", str(found["id"]))
    else:
        for item in session.get(realm, "client-scopes") or ():
            if item["name"] == name:
                return ("client-scopes", str(item["id"]))
    raise KeycloakError(f"There is no {name!r} among the {section} of realm {realm}.")


def _client_or_scope(section: str) -> Callable[[Session, str, str, Sequence[Difference]], None]:
    key = "clientId" if section == document.CLIENTS else "name"
    collection = section.replace(" ", "-")

    def write(session: Session, realm: str, name: str, items: Sequence[Difference]) -> None:
        parts: dict[str, list[Difference]] = {}
        for item in items:
            if len(item.path) == _OBJECT:
                mappers = [
                    {"name": own} | told for own, told in (item.before.get(document.MAPPERS) or {}).items()
                ]
                lists = {document.MAPPERS, document.SCOPES, document.SCOPE_MAPPINGS}
                body = {own: value for own, value in item.before.items() if own not in lists}
                session.post(realm, collection, body=body | {key: name, "protocolMappers": mappers})
                return
            parts.setdefault(item.path[_OBJECT], []).append(item)
        where = _address(session, realm, section, name)
        for item in parts.pop(document.SCOPES, ()):
            _move(session, realm, item, where)
        for item in parts.pop(document.SCOPE_MAPPINGS, ()):
            owner, _, _own = item.path[-1].rpartition("/")
            of = ("clients", _address(session, realm, document.CLIENTS, owner)[-1]) if owner else ("realm",)
            _give_or_take(
                session, realm, (*where, "scope-mappings", *of), item.path[-1], give=bool(item.before)
            )
        for mapper, mine in groupby(parts.pop(document.MAPPERS, ()), key=lambda item: item.path[_OBJECT + 1]):
            _mapper(session, realm, (*where, "protocol-mappers", "models"), mapper, list(mine))
        own = [item for values in parts.values() for item in values]
        if own:
            raw = session.get(realm, *where) or {}
            raw.pop("protocolMappers", None)
            session.put(realm, *where, body=_placed(raw, own, _OBJECT))

    return write


def _mapper(
    session: Session, realm: str, where: tuple[str, ...], name: str, items: Sequence[Difference]
) -> None:
    raw = next((item for item in session.get(realm, *where) or () if item["name"] == name), None)
    if raw is None:
        told = _placed({}, items, _OBJECT + 2)
        session.post(realm, *where, body=told | {"name": name})
        return
    session.put(realm, *where, raw["id"], body=_placed(raw, items, _OBJECT + 2))


def _identity_provider(session: Session, realm: str, alias: str, items: Sequence[Difference]) -> None:
    where = ("identity-provider", "instances", alias)
    session.put(realm, *where, body=_placed(session.get(realm, *where) or {}, items, _OBJECT))


_WRITERS: dict[str, Callable[[Session, str, str, Sequence[Difference]], None]] = {
    document.REALM: _realm,
    document.SCOPES_OF_NEW_CLIENTS: _scope_of_new_clients,
    document.ROLES: _role,
    document.DEFAULT_GROUPS: _default_group,
    document.REQUIRED_ACTIONS: _required_action,
    document.FLOWS: _executions,
    document.FLOW_SETTINGS: _flow_settings,
    document.COMPONENTS: _component,
    document.CLIENTS: _client_or_scope(document.CLIENTS),
    document.CLIENT_SCOPES: _client_or_scope(document.CLIENT_SCOPES),
    document.IDENTITY_PROVIDERS: _identity_provider,
}
