"""What an address says of where it leads; one contract for all who ask, whatever is written there."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_BARE = re.compile(r"(\[[^]/]*]|[^]/:?#[]+)(:\d+)?([/?#].*)?", re.DOTALL)
"""``host``, ``host:port`` or ``[address]:port``, with a path or without; ``app:/callback`` is none of them."""


def host(address: str) -> str:
    """The host that an address names, in lower case, without port, brackets and the dot that ends a full name.

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


def is_plain(url: str) -> bool:
    """Whether it is plain HTTP; a bare host is not, since nothing says how it is spoken to."""
    return url.lower().startswith("http:")


def is_loopback(name: str) -> bool:
    """Whether a host is this machine, which no other one can reach.

    Args:
        name: A host name or an address, as :func:`host` gives it; an empty one is no machine.
    """
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
