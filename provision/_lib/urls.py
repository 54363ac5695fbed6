"""The host of an address, and whether it is plain HTTP or loopback; safe for any text."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_BARE = re.compile(r"(\[[^]/]*]|[^]/:?#[]+)(:\d+)?([/?#].*)?", re.DOTALL)
"""``host``, ``host:port`` or ``[address]:port``, with a path or without; ``app:/callback`` is none of them."""


def host(address: str) -> str:
    """Return an address's host in lower case, without port, brackets or the final dot of a full name.

    Args:
        address: A URL, or a bare host as some settings take one: ``host`` and ``host:port``, with a path or without.

    Returns:
        The host; empty for an address that names none, such as ``/callback`` and ``app:/callback``, and for one that
        is no URL, such as ``http://[1::/``. An empty one is no host at all: it is not on this machine, and two of them
        are not the same.
    """
    try:
        name = urlsplit(f"//{address}" if _BARE.fullmatch(address) else address).hostname
    except ValueError:
        return ""
    return (name or "").rstrip(".")


def of_port(port: int, *, tls: bool = False) -> str:
    """Return the base address of a port of this machine, without a trailing slash and in canonical form.

    Args:
        port: The port; the scheme's own is left out, as whoever compares URLs does (RFC 3986, section 6.2.3).
        tls: Whether it speaks HTTPS.
    """
    scheme, own = ("https", 443) if tls else ("http", 80)
    return f"{scheme}://localhost" if port == own else f"{scheme}://localhost:{port}"


def is_plain(url: str) -> bool:
    """Return whether the address is plain HTTP; a bare host is not, because it names no scheme."""
    return url.lower().startswith("http:")


def is_loopback(name: str) -> bool:
    """Return whether a host is the loopback interface, which no other machine can reach.

    Args:
        name: A host name or an address, as :func:`host` gives it; an empty one is no machine.
    """
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
