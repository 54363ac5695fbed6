"""The realm, and who may be a client or a user in it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from provision.config import mcp_clients
from provision.config.concept import Concept


def _segment(name: str) -> str:
    if name in {".", ".."}:
        raise ValueError("must not be . or .., which are no part of a URL")
    return name


class RealmConfig(Concept):
    """The realm."""

    name: Annotated[str, AfterValidator(_segment)] = Field(
        default="mcp", min_length=1, max_length=255, pattern=r"^[A-Za-z0-9_.-]+$"
    )
    """Its name, which is part of the issuer."""
    display_name: str | None = None
    """What the login page calls it; `MCP` when left out, or in a realm that is taken over what it was."""
    adopt: bool = False
    """Take over a realm that exists already."""
    access_token_lifespan: int = Field(default=300, ge=30, le=3600)
    """Seconds that an access token is good for."""
    sso_session_idle_timeout: int = Field(default=1800, ge=60)
    """Seconds without use after which a login ends."""
    sso_session_max_lifespan: int = Field(default=36000, ge=60)
    """Seconds after which a login ends in any case."""
    events: bool | None = None
    """Keep logins and administrative changes; left out, production does, and others keep what tells of the use of clients."""
    password_policy: str | None = None
    """What passwords need, in Keycloak's words; left out, a production realm of the stack's own asks for 12 characters that are neither user name nor address, and one that is taken over keeps what it has."""
    resource_indicators: bool = False
    """Tokens are for the server that a request names (RFC 8707), and for no other; Keycloak's experimental feature `resource-indicators`."""
    ssl_required: Literal["all", "external", "none"] = "external"
    """Which requests must come by HTTPS; `external` lets loopback and private addresses do without."""


class ClientIdMetadataConfig(Concept):
    """Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document), experimental in Keycloak."""

    enabled: bool = False
    """Whether a client may use the URL of its metadata as its id; switches Keycloak's feature `cimd` on."""
    trusted_domains: tuple[str, ...] = mcp_clients.metadata_hosts()
    """Hosts on which metadata may be, and which it may name in redirect and client URIs; `*.example.org` for all below."""
    allow_http: bool = False
    """Metadata may come by plain HTTP; for tests on one machine."""


class RegistrationConfig(Concept):
    """Anonymous dynamic client registration (RFC 7591) and its limits."""

    enabled: bool | None = None
    """Whether clients may register themselves at all; off in production when left out, on elsewhere."""
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
    """Clients that need no registration, since their id is the address of their metadata."""


class ClientConfig(Concept):
    """A pre-registered public client with PKCE, for MCP clients that do not register themselves."""

    client_id: str = Field(default="mcp-client", min_length=1)
    """Its client id."""
    name: str = "MCP client"
    """What the consent page calls it."""
    redirect_uris: tuple[str, ...] = mcp_clients.redirect_uris()
    """Compared exactly; `http://127.0.0.1/…` and `http://localhost/…` without a port match any port."""


class DemoUserConfig(Concept):
    """Somebody who can log in at once; dev and test stacks only."""

    username: str = Field(default="demo", pattern=r"^[^A-Z\s]+$")
    """The login name."""
    email: str = "demo@example.org"
    """An address, so that Keycloak asks for none."""
