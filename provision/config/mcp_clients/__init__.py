"""The MCP clients that a stack admits by default, one module each.

A module defines ``CLIENT`` and is found by looking into this folder; its name, with dashes, is what
``provision client-config`` calls the client. Facts are from the documentation of each client, as of November 2026.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
_LOOPBACK_REDIRECTS = (
    "http://127.0.0.1/",
    "http://127.0.0.1/callback",
    "http://localhost/",
    "http://localhost/callback",
)
"""Redirect URIs on loopback addresses; without a port they match any port (RFC 8252, section 7.3)."""
_SCHEMES = ("https", "http")


@dataclass(frozen=True)
class Server:
    """An MCP server as a client's configuration names it.

    Args:
        name: The name of the server in the client.
        url: The canonical URI of the server.
        scopes: The scopes that the server's tools need.
        client_id: The pre-registered client; None if the MCP client registers itself.
    """

    name: str
    url: str
    scopes: tuple[str, ...]
    client_id: str | None


@dataclass(frozen=True, kw_only=True)
class ConfigurationFile:
    """The file in which a client finds its servers.

    Args:
        path: The path of the file in a project's folder.
        key: The key under which the servers stand.
        entry: Returns the value under that key for a server.
        after: What the user does next to log in.
        command: Returns the shell command with the same effect; None if there is none.
        ca_variable: The environment variable that names a further certificate authority; None if there is none.
    """

    path: str
    key: str
    entry: Callable[[Server], dict[str, Any]]
    after: str
    command: Callable[[Server], str] | None = None
    ca_variable: str | None = None

    def content(self, servers: Iterable[Server]) -> dict[str, Any]:
        """Return the file's content."""
        return {self.key: {server.name: self.entry(server) for server in servers}}


@dataclass(frozen=True, kw_only=True)
class McpClient:
    """A program that connects to MCP servers.

    Args:
        title: The name of the client.
        redirect_uris: The redirect URIs that a login needs; a pre-registered client must have them all.
        other_redirect_uris: Redirect URIs of other builds of the client, and URIs that only its own registration names;
            the default client allows them too.
        hosts: Hosts that the client's registrations name, beside loopback addresses.
        metadata_hosts: Hosts of the client's client ID metadata document, if the client has one.
        schemes: Schemes of the client's redirect URIs, beside http and https.
        file: The configuration file that the client reads; None for a client that is configured on a website.
    """

    title: str
    redirect_uris: tuple[str, ...]
    other_redirect_uris: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    metadata_hosts: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    file: ConfigurationFile | None = field(default=None)


@cache
def catalogue() -> Mapping[str, McpClient]:
    """Return every client by its name on the command line, in the order of the names."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}").CLIENT for name in modules}
    return MappingProxyType(found)


def configurable() -> Mapping[str, ConfigurationFile]:
    """Return the configuration file of each client that has one, by the client's name."""
    return {name: client.file for name, client in catalogue().items() if client.file is not None}


def redirect_uris() -> tuple[str, ...]:
    """Return the redirect URIs that a public client for all MCP clients needs."""
    own = (
        uri for client in catalogue().values() for uri in (*client.redirect_uris, *client.other_redirect_uris)
    )
    return tuple(sorted({*_LOOPBACK_REDIRECTS, *own}))


def hosts() -> tuple[str, ...]:
    """Return the hosts that registrations of the MCP clients name, beside loopback addresses."""
    return tuple(sorted({host for client in catalogue().values() for host in client.hosts}))


def registration_hosts() -> tuple[str, ...]:
    """Return the hosts that registrations of the MCP clients name, loopback first."""
    return (*_LOOPBACK_HOSTS, *hosts())


def metadata_hosts() -> tuple[str, ...]:
    """Return the hosts of the clients' client ID metadata documents, loopback first."""
    return (
        *_LOOPBACK_HOSTS,
        *sorted({host for client in catalogue().values() for host in client.metadata_hosts}),
    )


def redirect_schemes() -> tuple[str, ...]:
    """Return the schemes of the clients' redirect URIs, https first."""
    return (*_SCHEMES, *sorted({scheme for client in catalogue().values() for scheme in client.schemes}))


def oauth_entry(server: Server) -> dict[str, Any]:
    """Return the entry that several clients read: type, URL and, if there is one, the pre-registered client."""
    oauth = {"oauth": {"clientId": server.client_id}} if server.client_id else {}
    return {"type": "http", "url": server.url, **oauth}
