"""Where the redirect URIs of a client lead: to a host, or to an application with a scheme of its own."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from provision._lib.urls import host
from provision.rules.thing import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provision.rules.thing import Thing


@dataclass(frozen=True)
class Redirect:
    """A redirect URI of a client.

    Args:
        path: The property that holds it.
        uri: As it is declared.
        scheme: Of where it leads, in lower case; empty where it can't be told, and for what is no URL.
        host: Of where it leads, see :func:`provision._lib.urls.host`.
    """

    path: str
    uri: str
    scheme: str
    host: str

    @property
    def by_web(self) -> bool:
        """Whether it leads to a host, not to an application that has a scheme of its own."""
        return self.scheme in {"http", "https"} and bool(self.host)


def redirects(client: Thing) -> Iterator[Redirect]:
    """The redirect URIs of a client that logs users in; those that can be seen come before an error tells that others can't.

    Raises:
        UndecidedError: One, or what it is relative to, can't be seen.
    """
    if not is_redirected_to(client):
        return
    hidden: UndecidedError | None = None
    uris = client.peek("redirectUris")
    for position in range(len(uris)) if isinstance(uris, (list, tuple)) else ():
        path = f"redirectUris[{position}]"
        try:
            uri = str(client.get(path))
            root = "" if _absolute(uri) else str(client.get("rootUrl") or "")
        except UndecidedError as error:
            hidden = hidden or error
            continue
        yield Redirect(path, uri, *_place(root, uri))
    if hidden is not None:
        raise hidden
    client.get("redirectUris")


def is_redirected_to(client: Thing) -> bool:
    """Whether browsers are sent to the client: another one may have redirect URIs, but they are of no use.

    Raises:
        UndecidedError: It can't be seen.
    """
    return bool(client.get("standardFlow") or client.get("implicitFlow"))


def _absolute(uri: str) -> bool:
    """Keycloak puts the root URL, or its own address, before one that begins with a slash."""
    return not uri.startswith("/")


def _place(root: str, uri: str) -> tuple[str, str]:
    """The scheme and the host of where it leads: to what is no URL, no browser can be sent."""
    try:
        address = urljoin(root, uri)
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, host(address) if parts.netloc else ""


def is_one_of(name: str, patterns: Iterable[str]) -> bool:
    """Whether a host is one of those; ``*.example.org`` stands for all below."""
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)
