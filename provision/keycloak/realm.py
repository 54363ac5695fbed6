"""Realms (Keycloak Server Administration Guide, "Creating a realm"; Admin REST API, "Realms Admin")."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from provision.keycloak.session import KeycloakError
from provision.spec import Calls, CreateOnly, Found, NaturalKey, Outputs, ReplaceOnChange, Spec

_MARK = "provision.owner"


class Realm(Spec, module="keycloak"):
    """A realm (Keycloak Server Administration Guide, "Creating a realm").

    Deleting it deletes everything in it, in one call. A realm that exists already is taken over only with
    ``adopt``; it then gets its former settings back instead of being deleted.
    """

    name: Annotated[str, NaturalKey] = Field(min_length=1, max_length=255, pattern=r"^[^/\s]+$")
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
    adopt: Annotated[bool, CreateOnly] = Field(
        default=False, description="Take over a realm that exists already."
    )
    owner: Annotated[str, CreateOnly] = Field(
        default="",
        description="Who makes it; a realm with the same owner was left by an interrupted run of ours.",
    )
    supplied_keys: Annotated[bool, CreateOnly] = Field(
        default=False,
        description="Make the signing keys here instead of in Keycloak, which takes seconds. For dev and test only.",
    )
    expected_issuer: str = Field(
        default="", description="The issuer that the rest of the stack was told; another one is an error."
    )
    instance: Annotated[str, ReplaceOnChange] = Field(
        default="", description="Which Keycloak data it lives in; other data means that the realm is gone."
    )


class RealmOutputs(Outputs):
    """What Keycloak says of a realm."""

    issuer: str = Field(description="The issuer exactly as Keycloak reports it (RFC 8414).")


_NAMES = {
    "display_name": "displayName",
    "enabled": "enabled",
    "ssl_required": "sslRequired",
    "access_token_lifespan": "accessTokenLifespan",
    "sso_session_idle_timeout": "ssoSessionIdleTimeout",
    "sso_session_max_lifespan": "ssoSessionMaxLifespan",
    "revoke_refresh_token": "revokeRefreshToken",
    "refresh_token_max_reuse": "refreshTokenMaxReuse",
    "registration_allowed": "registrationAllowed",
    "brute_force_protected": "bruteForceProtected",
    "events_enabled": "eventsEnabled",
    "admin_events_enabled": "adminEventsEnabled",
}


class RealmCalls(Calls[Realm]):
    """Realms through the Admin API."""

    outputs = RealmOutputs

    def adoptable(self, spec: Realm, found: Found[Realm]) -> bool:
        """Only when asked for: a realm holds other people's users."""
        del found
        return spec.adopt

    def ours(self, spec: Realm, found: Found[Realm]) -> bool:
        """Whether an interrupted run of the same owner made it."""
        mark = found.raw.get("attributes", {}).get(_MARK)
        return bool(spec.owner) and mark == spec.owner

    def find(self, key: Realm) -> Found[Realm] | None:
        """The realm by its name."""
        raw = self.context.session().get(key.name)
        if raw is None:
            return None
        values = {field: raw[name] for field, name in _NAMES.items() if name in raw}
        values |= {
            "instance": getattr(key, "instance", ""),
            "expected_issuer": getattr(key, "expected_issuer", ""),
        }
        spec = Realm(name=key.name, **values)
        return Found(raw["id"], spec, self._outputs(spec), raw)

    def create(self, spec: Realm) -> RealmOutputs:
        """One POST with all settings."""
        body: dict[str, Any] = {"realm": spec.name, **_representation(spec)}
        if spec.owner:
            body["attributes"] = {_MARK: spec.owner}
        if spec.supplied_keys:
            from provision.keycloak.realm_keys import key_providers

            body["components"] = {"org.keycloak.keys.KeyProvider": key_providers()}
        session = self.context.session()
        session.forget_realm(spec.name)
        session.post("", body=body)
        return self._outputs(spec)

    def update(self, found: Found[Realm], spec: Realm) -> RealmOutputs:
        """Only what is declared is sent; Keycloak keeps the rest."""
        self.context.session().put(spec.name, body={"realm": spec.name, **_representation(spec)})
        del found
        return self._outputs(spec)

    def delete(self, found: Found[Realm]) -> None:
        """One call, whatever is in it."""
        session = self.context.session()
        session.forget_realm(found.spec.name)
        session.delete(found.spec.name)

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


def _representation(spec: Realm) -> dict[str, Any]:
    return {name: getattr(spec, field) for field, name in _NAMES.items()}
