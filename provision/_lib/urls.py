"""The host of an address, and tests for plain HTTP and loopback; safe for any text."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_BARE = re.compile(r"(\[[^]/]*]|[^]/:?#[]+)(:\d+)?([/?#].*)?", re.DOTALL)
"""``host``, ``host:port`` or ``[address]:port``, with or without a path; ``app:/callback`` does not match."""


def host(address: str) -> str:
    """Return an address's host in lower case, without port, brackets or the final dot of a full name.

    Args:
        address: A URL, or a bare host as some settings accept: ``host`` and ``host:port``, with or without a path.

    Returns:
        The host; empty for an address without a host, such as ``/callback`` and ``app:/callback``, and for text that
        is no URL, such as ``http://[1::/``. An empty result is not a host: it does not mean this machine, and two
        empty results do not mean the same host.
    """
    try:
        name = urlsplit(f"//{address}" if _BARE.fullmatch(address) else address).hostname
    except ValueError:
        return ""
    return (name or "").rstrip(".")


def of_port(port: int, *, tls: bool = False) -> str:
    """Return the base address of a port on this machine, in canonical form without a trailing slash.

    Args:
        port: The port; the default port of the scheme is omitted, as in a comparison of URLs (RFC 3986, section 6.2.3).
        tls: Whether the port speaks HTTPS.
    """
    scheme, own = ("https", 443) if tls else ("http", 80)
    return f"{scheme}://localhost" if port == own else f"{scheme}://localhost:{port}"


def port_of(url: str) -> int:
    """Return the port of an ``http`` or ``https`` URL, also one that is left out as the scheme's default.

    Args:
        url: The URL, such as :func:`of_port` returns.
    """
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def segment(name: str) -> str:
    """Return a name that one segment of a path can carry, percent-encoded (RFC 3986, section 3.3).

    Raises:
        ValueError: Clients and servers take the name for a step in the path, or refuse it.
    """
    if name in {"", ".", ".."}:
        raise ValueError("must not be empty, . or .., which are no part of a URL")
    return name


def is_plain(url: str) -> bool:
    """Return whether the address is plain HTTP; False for a bare host, which names no scheme."""
    return url.lower().startswith("http:")


def is_loopback(name: str) -> bool:
    """Return whether a host is the loopback interface, which no other machine can reach.

    Args:
        name: A host name or an address, as :func:`host` returns it; an empty name is not loopback.
    """
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
