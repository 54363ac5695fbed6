"""Addresses, as rules ask about them."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def host(url: str) -> str:
    """The host of a URL, or of ``host``, ``host:port``; in lower case, empty where there is none."""
    return urlsplit(url if "//" in url else f"//{url}").hostname or ""


def is_plain(url: str) -> bool:
    """Whether it is plain HTTP."""
    return url.lower().startswith("http:")


def is_loopback(name: str) -> bool:
    """Whether a host is this machine, which no other one can reach.

    Args:
        name: A host name or an address.
    """
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
