"""The realm, and its clients and users."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from provision._lib.matches import Matches
from provision._lib.urls import segment
from provision.config import mcp_clients
from provision.config.concept import Concept
from provision.server.values import ClientId  # noqa: TC001 - pydantic needs it when the model is built

_LOGIN_NAME = Matches(r"[^A-Z\s]+", "must be lower case and without blanks")


class RealmConfig(Concept):
    """The realm."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=255),
        Matches(r"[A-Za-z0-9_.-]+", "must be letters, digits, dots, dashes and underscores"),
        AfterValidator(segment),
    ] = "mcp"
    """The realm's name, which is part of the issuer."""
    display_name: str | None = None
    """The realm's name on the login page; `MCP` when left out, but a realm that is taken over keeps its own."""
    adopt: bool = False
    """Take over a realm that exists already."""
    access_token_lifespan: int = Field(default=300, ge=30, le=3600)
    """The lifetime of an access token, in seconds."""
    sso_session_idle_timeout: int = Field(default=1800, ge=60)
    """Seconds without use after which a login ends."""
    sso_session_max_lifespan: int = Field(default=36000, ge=60)
    """Seconds after which a login ends in any case."""
    events: bool | None = None
    """Keep logins and administrative changes; left out, a production stack keeps all of them, and others keep the events that show the use of clients."""
    events_days: int | None = Field(default=None, ge=1, le=36_500)
    """Days after which Keycloak deletes what users did; 180 when left out, but a realm that is taken over with `events: true` keeps its own limit."""
    password_policy: str | None = None
    """The password policy, in Keycloak's syntax; left out, a production realm of the stack's own requires 12 characters, other than user name and address, and a realm that is taken over keeps its own policy."""
    resource_indicators: bool = False
    """Restrict each token to the server that the request names (RFC 8707); Keycloak's experimental feature `resource-indicators`."""
    ssl_required: Literal["all", "external", "none"] = "external"
    """Requests that must use HTTPS; `external` exempts loopback and private addresses."""


class ClientIdMetadataConfig(Concept):
    """Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document), experimental in Keycloak."""

    enabled: bool = False
    """Whether a client may use the URL of its metadata as its client ID; switches Keycloak's feature `cimd` on."""
    trusted_domains: tuple[str, ...] = mcp_clients.metadata_hosts()
    """Hosts that may serve metadata, and that the metadata may name in redirect and client URIs; `*.example.org` for all below."""
    allow_http: bool = False
    """Metadata may come by plain HTTP; for tests on one machine."""


class RegistrationConfig(Concept):
    """Anonymous dynamic client registration (RFC 7591) and its limits."""

    enabled: bool | None = None
    """Whether clients may register themselves at all; when left out, off in production and on elsewhere."""
    trusted_hosts: tuple[str, ...] = mcp_clients.registration_hosts()
    """Hosts that may register and that redirect and client URIs may name."""
    sender_must_match: bool = True
    """The sender's address must be one of the trusted hosts."""
    client_uris_must_match: bool = True
    """Redirect and client URIs must be on a trusted host."""
    redirect_schemes: tuple[str, ...] = mcp_clients.redirect_schemes()
    """Schemes that the redirect URIs of a registration may have."""
    allowed_scopes: tuple[str, ...] = ()
    """Scopes that a registration may ask for besides the realm's defaults and the servers' own."""
    client_id_metadata: ClientIdMetadataConfig = ClientIdMetadataConfig()
    """Clients that need no registration, since their client ID is the address of their metadata."""

    @model_validator(mode="after")
    def _something_is_checked(self) -> RegistrationConfig:
        if not (self.sender_must_match or self.client_uris_must_match):
            raise ValueError(
                "senderMustMatch and clientUrisMustMatch can't both be off: anybody could register"
            )
        return self


class ClientConfig(Concept):
    """A pre-registered public client with PKCE, for MCP clients that do not register themselves."""

    client_id: ClientId = "mcp-client"
    """The client's client ID."""
    name: str = "MCP client"
    """The client's name on the consent page."""
    redirect_uris: tuple[str, ...] = mcp_clients.redirect_uris()
    """The client's redirect URIs, compared exactly; `http://127.0.0.1/…` and `http://localhost/…` without a port match any port. Required with `clientId`."""

    @model_validator(mode="after")
    def _own_client_has_own_redirect_uris(self) -> ClientConfig:
        given = self.model_fields_set
        if not self.redirect_uris or ("client_id" in given and "redirect_uris" not in given):
            raise ValueError(
                f"the client {self.client_id} needs redirectUris: the addresses to which a login returns"
            )
        return self


class DemoUserConfig(Concept):
    """A user who can log in at once; dev and test stacks only."""

    username: Annotated[str, _LOGIN_NAME] = "demo"
    """The user's login name."""
    email: str = "demo@example.org"
    """The user's e-mail address; without one Keycloak asks for it."""
