"""Client scopes (Keycloak Server Administration Guide, "Client scopes")."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from provision.keycloak.session import KeycloakError, Session
from provision.spec import Calls, Found, NaturalKey, Spec


class ClientScope(Spec, module="keycloak"):
    """A client scope (Keycloak Server Administration Guide, "Client scopes")."""

    realm: Annotated[str, NaturalKey]
    name: Annotated[str, NaturalKey] = Field(min_length=1)
    description: str = ""
    in_token_scope: bool = Field(
        default=True,
        description="Include it in the token's `scope` claim; resource servers look for it there.",
    )
    consent_text: str | None = Field(
        default=None,
        description="What the consent page says; without one the page does not mention the scope.",
    )


class ClientScopeCalls(Calls[ClientScope]):
    """Client scopes through the Admin API."""

    def find(self, key: ClientScope) -> Found[ClientScope] | None:
        """The scope by its name."""
        raw = scope_named(self.context.session(), key.realm, key.name)
        if raw is None:
            return None
        attributes = raw.get("attributes", {})
        consent = attributes.get("display.on.consent.screen", "true") == "true"
        spec = ClientScope(
            realm=key.realm,
            name=key.name,
            description=raw.get("description") or "",
            in_token_scope=attributes.get("include.in.token.scope", "true") == "true",
            consent_text=attributes.get("consent.screen.text") or None if consent else None,
        )
        return Found(raw["id"], spec, raw=raw)

    def create(self, spec: ClientScope) -> None:
        """Make the scope."""
        self.context.session().post(spec.realm, "client-scopes", body=_representation(spec, {}))

    def update(self, found: Found[ClientScope], spec: ClientScope) -> None:
        """Change what is declared; other attributes stay."""
        body = _representation(spec, found.raw)
        self.context.session().put(spec.realm, "client-scopes", found.id, body=body)

    def delete(self, found: Found[ClientScope]) -> None:
        """Remove the scope, and with it its mappers and memberships."""
        self.context.session().delete(found.spec.realm, "client-scopes", found.id)


def _representation(spec: ClientScope, raw: Any) -> dict[str, Any]:
    attributes = {
        **raw.get("attributes", {}),
        "include.in.token.scope": str(spec.in_token_scope).lower(),
        "display.on.consent.screen": str(spec.consent_text is not None).lower(),
        "consent.screen.text": spec.consent_text or "",
    }
    kept = {key: value for key, value in raw.items() if key != "protocolMappers"}
    return kept | {
        "name": spec.name,
        "description": spec.description,
        "protocol": "openid-connect",
        "attributes": attributes,
    }


def scope_named(session: Session, realm: str, name: str) -> dict[str, Any] | None:
    """The representation of the client scope with that name; the Admin API has no query for it."""
    for scope in session.get(realm, "client-scopes") or ():
        if scope["name"] == name:
            return dict(scope)
    return None


def scope_id(session: Session, realm: str, name: str) -> str:
    """The id of the client scope with that name.

    Raises:
        KeycloakError: There is none.
    """
    scope = scope_named(session, realm, name)
    if scope is None:
        raise KeycloakError(
            f"There is no client scope {name!r} in realm {realm}.", "Declare the client scope first."
        )
    return str(scope["id"])
