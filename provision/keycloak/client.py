"""OpenID Connect clients (Keycloak Server Administration Guide, "Managing OpenID Connect clients")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from provision.keycloak.collection import CollectionCalls
from provision.keycloak.representation import Outside, RealmName, at, attribute
from provision.keycloak.session import KeycloakError, Session
from provision.spec import NaturalKey, Secret, Spec, Unordered, WriteOnly

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Client(Spec, module="keycloak"):
    """An OpenID Connect client (Server Administration Guide, "Managing OpenID Connect clients").

    A *public* client logs people in with authorization code and PKCE and has no secret; a *confidential* one has one.
    """

    realm: RealmName
    client_id: Annotated[str, NaturalKey] = Field(min_length=1)
    name: str = ""
    description: str = ""
    enabled: bool = True
    access: Annotated[Literal["public", "confidential"], Outside] = "public"
    secret: Annotated[str | None, Secret, WriteOnly] = Field(
        default=None, description="The secret of a confidential client."
    )
    standard_flow: Annotated[bool, at("standardFlowEnabled")] = Field(
        default=False, description="Authorization code grant (OAuth 2.1, section 4.1)."
    )
    service_accounts: Annotated[bool, at("serviceAccountsEnabled")] = Field(
        default=False, description="Client credentials grant (OAuth 2.1, section 4.2)."
    )
    redirect_uris: Annotated[tuple[str, ...], Unordered] = Field(
        default=(),
        description="Compared exactly; `http://127.0.0.1/` and `http://localhost/` match any port.",
    )
    web_origins: Annotated[tuple[str, ...], Unordered] = Field(
        default=(), description="Origins allowed by CORS."
    )
    consent_required: bool = False
    full_scope_allowed: bool = False
    require_pkce: Annotated[bool, Outside] = Field(
        default=False, description="Refuse authorization requests without S256 (RFC 7636)."
    )
    access_token_lifespan: Annotated[int | None, attribute("access.token.lifespan")] = Field(
        default=None, ge=1, description="Seconds an access token is good for; the realm's when left out."
    )

    @model_validator(mode="after")
    def _secret_fits(self) -> Client:
        if self.access == "public" and self.secret is not None:
            raise ValueError("a public client has no secret; set access to confidential")
        if self.access == "public" and self.service_accounts:
            raise ValueError("a public client has no service account; set access to confidential")
        if self.standard_flow and not self.redirect_uris:
            raise ValueError("standardFlow needs redirectUris")
        return self


_PKCE = "pkce.code.challenge.method"


class ClientCalls(CollectionCalls[Client]):
    """Clients through the Admin API."""

    refuses_duplicates = True
    fixed = {"protocol": "openid-connect"}  # noqa: RUF012 - declared ClassVar in the base

    def collection(self, spec: Client) -> tuple[str, ...]:
        """The realm's clients."""
        del spec
        return ("clients",)

    def look_up(self, key: Client) -> Mapping[str, Any] | None:
        """One query by the client id."""
        return client_with_id(self.context.session(), key.realm, key.client_id)

    def understood(self, key: Client, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The secret is never read back."""
        return super().understood(key, raw) | {
            "access": "public" if raw.get("publicClient") else "confidential",
            "secret": None,
            "require_pkce": raw.get("attributes", {}).get(_PKCE) == "S256",
        }

    def represented(
        self, spec: Client, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """A secret that is not declared stays as it is; a new client has neither grant that OAuth 2.1 dropped."""
        body = super().represented(spec, raw, names)
        if spec.secret is None:
            body.pop("secret", None)
        if names is None:
            body |= {"implicitFlowEnabled": False, "directAccessGrantsEnabled": False}
        if names is None or "access" in names:
            body["publicClient"] = spec.access == "public"
        if names is None or "require_pkce" in names:
            pkce = {_PKCE: "S256" if spec.require_pkce else ""}
            body["attributes"] = body.get("attributes", {}) | pkce
        return body


def client_with_id(session: Session, realm: str, client_id: str) -> dict[str, Any] | None:
    """The representation of the client with that client id, or None; one query."""
    listed = session.get(realm, "clients", clientId=client_id)
    return dict(listed[0]) if listed else None


def internal_id(session: Session, realm: str, client_id: str) -> str:
    """Keycloak's own id of the client with that client id.

    Raises:
        KeycloakError: There is none.
    """
    found = client_with_id(session, realm, client_id)
    if found is None:
        raise KeycloakError(
            f"There is no client {client_id!r} in realm {realm}.", "Declare the client first."
        )
    return str(found["id"])
