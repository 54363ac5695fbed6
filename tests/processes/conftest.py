"""Our programs as processes of their own, the command line and the server, with no Keycloak around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.runtimes.process.ports import pick_free
from tests.support import server_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def authorization() -> Iterator[server_process.Authorization]:
    authorization = server_process.Authorization()
    yield authorization
    authorization.down()
    authorization.may_answer.set()


@pytest.fixture
def document(tmp_path: Path, authorization: server_process.Authorization) -> dict[str, Any]:
    secret = tmp_path / "secret"
    secret.write_text(server_process.SECRET)
    secret.chmod(0o400)
    port = pick_free()
    return {
        "name": "demo",
        "port": port,
        "url": f"http://localhost:{port}/mcp",
        "issuer": server_process.ISSUER,
        "verifier": "introspection",
        "introspection_url": f"http://127.0.0.1:{authorization.port}/introspect",
        "introspection_client_id": f"http://localhost:{port}/mcp",
        "introspection_client_secret_file": str(secret),
        "cache_seconds": 0,
        "shutdown_seconds": 0.5,
    }
