"""Redirect URIs of clients, and the host or application that they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from provision._lib.urls import host
from provision.config import mcp_clients
from provision.rules.model import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provision.rules.model import Resource


_CHATGPT = "chatgpt.com"
"""The host of ChatGPT's connectors. Stacks do not admit ChatGPT by default, so ``mcp_clients`` has no module for it; a client
that a user declares for ChatGPT still breaks no rule."""


def hosts_of_mcp_clients() -> list[str]:
    """Return the hosts to which MCP clients are redirected by their makers."""
    return sorted({_CHATGPT, *mcp_clients.hosts()})


@dataclass(frozen=True)
class Redirect:
    """A redirect URI of a client.

    Args:
        path: The property that holds the URI.
        uri: The URI as declared.
        scheme: The URI's scheme in lower case; empty if the URI has none or is no URL.
        host: The URI's host, see :func:`provision._lib.urls.host`.
    """

    path: str
    uri: str
    scheme: str
    host: str

    @property
    def by_web(self) -> bool:
        """True if the redirect leads to a host, not to an application with its own scheme."""
        return self.scheme in {"http", "https"} and bool(self.host)


def redirects(client: Resource) -> Iterator[Redirect]:
    """Yield the redirect URIs of a client that logs users in, then raise if some cannot be seen.

    Raises:
        Inconclusive: A URI, or the root URL of a relative URI, cannot be seen.
    """
    if not is_redirected_to(client):
        return
    hidden: Inconclusive | None = None
    uris = client.peek("redirectUris")
    for position in range(len(uris)) if isinstance(uris, (list, tuple)) else ():
        path = f"redirectUris[{position}]"
        try:
            uri = str(client.get(path))
            root = "" if _absolute(uri) else str(client.get("rootUrl") or "")
        except Inconclusive as error:
            hidden = hidden or error
            continue
        yield Redirect(path, uri, *_place(root, uri))
    if hidden is not None:
        raise hidden
    client.get("redirectUris")


def is_redirected_to(client: Resource) -> bool:
    """Return whether browsers are redirected to the client; otherwise its redirect URIs have no effect.

    Raises:
        Inconclusive: The client's flows cannot be seen.
    """
    return bool(client.get("standardFlow") or client.get("implicitFlow"))


def _absolute(uri: str) -> bool:
    """Return whether a URI is absolute; Keycloak prefixes a URI that begins with a slash."""
    return not uri.startswith("/")


def _place(root: str, uri: str) -> tuple[str, str]:
    """Return the scheme and host of a URI; both are empty if the text is no URL."""
    try:
        address = urljoin(root, uri)
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, host(address) if parts.netloc else ""


def is_one_of(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a host matches a pattern such as ``*.example.org``."""
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)
