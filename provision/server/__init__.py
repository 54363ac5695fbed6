"""The reference MCP server, started with ``python -m provision.server``, and the protection for a server of your own.

``serve`` and ``protect`` are the public names. Both are loaded at their first use: importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.server.own import protect, serve

__all__ = ["protect", "serve"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from provision.server import own

    return getattr(own, name)
