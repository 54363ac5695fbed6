"""The reference server without authorization, for the load benchmark to compare with: all else is the same.

Started as ``python -m provision.server`` is; the settings about tokens are read and not used.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.server import __main__ as process

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from provision.server.audit import AuditTrail
    from provision.server.settings import Settings


def build_open_app(settings: Settings, audit: AuditTrail) -> ASGIApp:
    """What `provision.server.app.build_app` builds, less what looks at tokens."""
    from fastmcp.server.http import create_streamable_http_app

    from provision.server.app import AuditedTools, StatelessServer
    from provision.server.edge import Edge
    from provision.server.tools import tools

    server: StatelessServer = StatelessServer(
        settings.name, middleware=[AuditedTools(audit, {})], tools=tools(), mask_error_details=True
    )
    app: Any = create_streamable_http_app(
        server=server,
        streamable_http_path=settings.path,
        stateless_http=True,
        debug=False,
        host_origin_protection=True,
        allowed_hosts=[urlsplit(settings.url).hostname or ""],
        allowed_origins=[],
    )
    return Edge(app, path=settings.path, resource_metadata=settings.url, audit=audit, trouble=_no_trouble)


async def _no_trouble() -> str | None:
    return None


if __name__ == "__main__":
    process._prepare_imports()  # noqa: SLF001 - the libraries are to be imported as the real server imports them
    from provision.server import app as real

    real.build_app = build_open_app  # type: ignore[assignment]
    sys.exit(process.main())
