"""OpenID Connect clients (Keycloak Server Administration Guide, "Managing OpenID Connect clients")."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from provision.spec import Calls, Found, NaturalKey, Secret, Spec, Unordered, WriteOnly


class Client(Spec, module="keycloak"):
    """An OpenID Connect client (Server Administration Guide, "Managing OpenID Connect clients").

    A *public* client logs people in with authorization code and PKCE and has no secret; a *confidential* one has one.
    """

    realm: Annotated[str, NaturalKey]
    client_id: Annotated[str, NaturalKey] = Field(min_length=1)
    name: str = ""
    description: str = ""
    enabled: bool = True
    access: Literal["public", "confidential"] = "public"
    secret: Annotated[str | None, Secret, WriteOnly] = Field(
        default=None, description="The secret of a confidential client."
    )
    standard_flow: bool = Field(
        default=False, description="Authorization code grant (OAuth 2.1, section 4.1)."
    )
    service_accounts: bool = Field(
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
    require_pkce: bool = Field(
        default=False, description="Refuse authorization requests without S256 (RFC 7636)."
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


_NAMES = {
    "name": "name",
    "description": "description",
    "enabled": "enabled",
    "standard_flow": "standardFlowEnabled",
    "service_accounts": "serviceAccountsEnabled",
    "redirect_uris": "redirectUris",
    "web_origins": "webOrigins",
    "consent_required": "consentRequired",
    "full_scope_allowed": "fullScopeAllowed",
}
_PKCE = "pkce.code.challenge.method"


class ClientCalls(Calls[Client]):
    """Clients through the Admin API."""

    def find(self, key: Client) -> Found[Client] | None:
        """The client by its client id, in one query."""
        listed = self.context.session().get(key.realm, "clients", clientId=key.client_id)
        if not listed:
            return None
        raw = listed[0]
        values = {field: raw[name] for field, name in _NAMES.items() if raw.get(name) is not None}
        values |= {field: tuple(value) for field, value in values.items() if isinstance(value, list)}
        spec = Client.model_construct(
            realm=key.realm,
            client_id=key.client_id,
            access="public" if raw.get("publicClient") else "confidential",
            secret=None,
            require_pkce=raw.get("attributes", {}).get(_PKCE) == "S256",
            **{"name": "", "description": "", **values},
        )
        return Found(raw["id"], spec, raw=raw)

    def create(self, spec: Client) -> None:
        """Make the client; it gets the realm's default scopes."""
        self.context.session().post(spec.realm, "clients", body=_representation(spec, {}))

    def update(self, found: Found[Client], spec: Client) -> None:
        """Change what is declared; a secret that is not declared stays as it is."""
        body = _representation(spec, found.raw)
        self.context.session().put(spec.realm, "clients", found.id, body=body)

    def delete(self, found: Found[Client]) -> None:
        """Remove the client and its service account."""
        self.context.session().delete(found.spec.realm, "clients", found.id)


def _representation(spec: Client, raw: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "clientId": spec.client_id,
        "protocol": "openid-connect",
        "publicClient": spec.access == "public",
        "implicitFlowEnabled": False,  # OAuth 2.1 has neither of these two grants
        "directAccessGrantsEnabled": False,
        "attributes": {**raw.get("attributes", {}), _PKCE: "S256" if spec.require_pkce else ""},
    }
    for field, name in _NAMES.items():
        value = getattr(spec, field)
        body[name] = list(value) if isinstance(value, tuple) else value
    if spec.secret is not None:
        body["secret"] = spec.secret
    return body
