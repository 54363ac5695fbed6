"""Realms (Keycloak Server Administration Guide, "Creating a realm"; Admin REST API, "Realms Admin")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from provision.keycloak.collection import CollectionCalls
from provision.keycloak.name_index import NameIndex
from provision.keycloak.representation import Outside, at
from provision.keycloak.session import KeycloakError
from provision.spec import CreateOnly, Found, NaturalKey, Outputs, ReplaceOnChange, Spec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_MARK = "provision.owner"


class Realm(Spec, module="keycloak"):
    """A realm (Keycloak Server Administration Guide, "Creating a realm").

    Deleting it deletes everything in it, in one call. A realm that exists already is taken over only with
    ``adopt``; it then gets its former settings back instead of being deleted.
    """

    name: Annotated[str, NaturalKey, at("realm")] = Field(min_length=1, max_length=255, pattern=r"^[^/\s]+$")
    display_name: str = ""
    enabled: bool = True
    ssl_required: Literal["all", "external", "none"] = "external"
    access_token_lifespan: int = Field(
        default=300, ge=1, description="Seconds an access token is good for (OAuth 2.1: short-lived)."
    )
    sso_session_idle_timeout: int = Field(
        default=1800, ge=1, description="Seconds without use that end a session."
    )
    sso_session_max_lifespan: int = Field(
        default=36000, ge=1, description="Seconds after which a session ends."
    )
    revoke_refresh_token: bool = Field(
        default=True,
        description="Refresh tokens rotate: each is good for one use (OAuth 2.1, public clients).",
    )
    refresh_token_max_reuse: int = Field(default=0, ge=0)
    registration_allowed: bool = False
    brute_force_protected: bool = True
    events_enabled: bool = False
    admin_events_enabled: bool = False
    adopt: Annotated[bool, CreateOnly, Outside] = Field(
        default=False, description="Take over a realm that exists already."
    )
    owner: Annotated[str, CreateOnly, Outside] = Field(
        default="",
        description="Who makes it; a realm with the same owner was left by an interrupted run of ours.",
    )
    supplied_keys: Annotated[bool, CreateOnly, Outside] = Field(
        default=False,
        description="Make the signing keys here instead of in Keycloak, which takes seconds. For dev and test only.",
    )
    expected_issuer: Annotated[str, Outside] = Field(
        default="", description="The issuer that the rest of the stack was told; another one is an error."
    )
    instance: Annotated[str, ReplaceOnChange, Outside] = Field(
        default="", description="Which Keycloak data it lives in; other data means that the realm is gone."
    )


class RealmOutputs(Outputs):
    """What Keycloak says of a realm."""

    issuer: str = Field(description="The issuer exactly as Keycloak reports it (RFC 8414).")


class RealmCalls(CollectionCalls[Realm]):
    """Realms through the Admin API."""

    outputs = RealmOutputs
    refuses_duplicates = True

    def adoptable(self, spec: Realm, found: Found[Realm]) -> bool:
        """Only when asked for: a realm holds other people's users."""
        del found
        return spec.adopt

    def ours(self, spec: Realm, found: Found[Realm]) -> bool:
        """Whether an interrupted run of the same owner made it."""
        mark = found.raw.get("attributes", {}).get(_MARK)
        return bool(spec.owner) and mark == spec.owner

    def collection(self, spec: Realm) -> tuple[str, ...]:
        """The realms stand beside each other at the top."""
        del spec
        return ()

    def realm_of(self, key: Realm) -> str:
        """The address of a realm is its name."""
        return key.name

    def look_up(self, key: Realm) -> Mapping[str, Any] | None:
        """The realm by its name."""
        found: Mapping[str, Any] | None = self.context.session().get(key.name)
        return found

    def understood(self, key: Realm, raw: Mapping[str, Any]) -> dict[str, Any]:
        """What the realm itself can't tell is as it was declared."""
        told = {name: getattr(key, name, "") for name in ("instance", "expected_issuer")}
        return super().understood(key, raw) | told

    def find(self, key: Realm) -> Found[Realm] | None:
        """The realm with its issuer."""
        found = super().find(key)
        if found is None:
            return None
        return Found("", found.spec, self._outputs(found.spec), found.raw)

    def represented(
        self, spec: Realm, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Only what is declared is sent; Keycloak keeps the rest."""
        del raw
        body = super().represented(spec, {}, names) | {"realm": spec.name}
        if names is None and spec.owner:
            body["attributes"] = {_MARK: spec.owner}
        if names is None and spec.supplied_keys:
            from provision.keycloak.realm_keys import key_providers

            body["components"] = {"org.keycloak.keys.KeyProvider": key_providers()}
        return body

    def create(self, spec: Realm) -> RealmOutputs:
        """One POST with all settings."""
        self._forget(spec.name)
        self.context.session().post("", body=self.represented(spec, {}, None))
        return self._outputs(spec)

    def update(self, found: Found[Realm], spec: Realm) -> RealmOutputs:
        """Change what is declared."""
        super().update(found, spec)
        return self._outputs(spec)

    def delete(self, found: Found[Realm]) -> None:
        """One call, whatever is in it."""
        super().delete(found)
        self._forget(found.spec.name)

    def _forget(self, realm: str) -> None:
        session = self.context.session()
        session.forget_realm(realm)
        NameIndex.of(session).forget_realm(realm)

    def _outputs(self, spec: Realm) -> RealmOutputs:
        session = self.context.session()
        document = session.public(f"realms/{spec.name}/.well-known/openid-configuration")
        if document is None:  # a realm that is not enabled publishes nothing
            return RealmOutputs(issuer=f"{session.url}/realms/{spec.name}")
        issuer = document["issuer"]
        if spec.expected_issuer and issuer != spec.expected_issuer:
            raise KeycloakError(
                f"Realm {spec.name} reports the issuer {issuer}, and the rest of the stack was told {spec.expected_issuer}.",
                "Set Keycloak's hostname so that both are the same.",
            )
        return RealmOutputs(issuer=issuer)
