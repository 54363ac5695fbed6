"""The subject of the proofs: a live stack and its resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.keycloak.connection import Connection


@dataclass(frozen=True)
class Resource:
    """A protected resource.

    Args:
        url: The resource's canonical URI, which is the audience of its tokens (RFC 8707 section 2).
        scopes: The scopes that the resource asks for.
    """

    url: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A live stack, with everything that a proof needs to know about it.

    Args:
        issuer: The realm's issuer, exactly as Keycloak reports it (RFC 8414 section 2).
        realm: The realm's name.
        server_url: The MCP server's URL, which is the audience of its tokens (RFC 8707 section 2).
        scopes: The scopes that the server asks for.
        tool_scopes: The additional scopes of single tools, by the tool's name.
        is_reference: Whether the server is the reference server. The proofs call no tool of any other server.
        introspection_client_id: The client with which the server introspects.
        introspection_client_secret: The secret of that client.
        demo_username: A user who can log in.
        demo_password: The password of that user.
        public_client_id: The pre-registered public PKCE client; empty if there is none.
        registration: Whether clients may register themselves.
        resource_indicators: Whether Keycloak supports resource indicators (RFC 8707).
        others: The other MCP servers of the realm.
        connection: The connection to Keycloak; its service account makes and removes the proofs' objects.
        server_ca_files: PEM bundles for the certificates of the realm's MCP servers, besides the connection's bundle.
    """

    issuer: str
    realm: str
    server_url: str
    scopes: tuple[str, ...]
    introspection_client_id: str
    introspection_client_secret: str = field(repr=False)
    demo_username: str
    demo_password: str = field(repr=False)
    public_client_id: str = ""
    registration: bool = True
    resource_indicators: bool = False
    others: tuple[Resource, ...] = ()
    connection: Connection
    server_ca_files: tuple[str, ...] = ()
    tool_scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_reference: bool = False

    @property
    def ca_files(self) -> tuple[str, ...]:
        """The PEM bundles with the authorities of the stack."""
        of_keycloak = self.connection.ca_file
        return (*((of_keycloak,) if of_keycloak else ()), *self.server_ca_files)

    @property
    def resource(self) -> Resource:
        """The server as a resource."""
        return Resource(self.server_url, self.scopes)
