"""A stand-in for the authorization server, and the server under test in this process."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import httpx2
import pytest
from joserfc import jwk, jwt
from starlette.testclient import TestClient

from provision.server.app import build_app
from provision.server.audit import AuditTrail
from provision.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

URL = "http://localhost:3000/mcp"
ISSUER = "http://localhost:8080/realms/mcp"
SECRET = "a-secret-that-no-log-may-hold"
METADATA = "http://localhost:3000/.well-known/oauth-protected-resource/mcp"


def claims_of_a_good_token(**changes: object) -> dict[str, Any]:
    """Claims as Keycloak makes them; a change to None takes a claim away."""
    claims = {
        "iss": ISSUER,
        "aud": [URL, "account"],
        "exp": int(time.time()) + 60,
        "iat": int(time.time()),
        "sub": "subject-1",
        "azp": "client-1",
        "client_id": "client-1",
        "scope": "openid mcp:tools",
        "typ": "Bearer",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


@dataclass
class StandInAuthorizationServer(httpx2.AsyncBaseTransport):
    """Answers introspection and key requests as Keycloak does; no Keycloak is involved."""

    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    key_requests: int = 0
    failure: Exception | httpx2.Response | None = None
    secret: str = SECRET

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if isinstance(self.failure, Exception):
            raise self.failure
        if self.failure is not None:
            return self.failure
        if request.url.path.endswith("/certs"):
            self.key_requests += 1
            return httpx2.Response(
                200,
                json={"keys": [{**key.as_dict(private=False), "kid": kid} for kid, key in self.keys.items()]},
            )
        form = {name: values[0] for name, values in parse_qs((await request.aread()).decode()).items()}
        self.forms.append(form)
        if form.get("client_secret") != self.secret or form.get("client_id") != URL:
            return httpx2.Response(401, json={"error": "invalid_client"})
        claims = self.tokens.get(form["token"])
        return httpx2.Response(200, json={"active": False} if claims is None else {"active": True, **claims})

    def issue(self, token: str = "good-token", **changes: object) -> str:
        """Make a token known, and return it."""
        self.tokens[token] = claims_of_a_good_token(**changes)
        return token

    def sign(
        self, *, kid: str = "rsa", alg: str = "RS256", header: dict[str, Any] | None = None, **changes
    ) -> str:
        """Return a signed token."""
        return jwt.encode(
            {"alg": alg, "kid": kid, "typ": "JWT", **(header or {})},
            claims_of_a_good_token(**changes),
            self.keys[kid],
            algorithms=[alg],
        )


@pytest.fixture(scope="session")
def signing_keys() -> dict[str, Any]:
    return {
        "rsa": jwk.RSAKey.generate_key(2048),
        "ec": jwk.ECKey.generate_key("P-256"),
        "ed": jwk.OKPKey.generate_key("Ed25519"),
    }


@pytest.fixture
def stand_in(signing_keys) -> StandInAuthorizationServer:
    return StandInAuthorizationServer(keys=dict(signing_keys))


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "introspection-secret"
    path.write_text(SECRET + "\n")
    path.chmod(0o400)
    return path


@pytest.fixture
def settings_document(tmp_path: Path, secret_file: Path) -> dict[str, Any]:
    return {
        "name": "demo",
        "port": 3000,
        "url": URL,
        "issuer": ISSUER,
        "verifier": "introspection",
        "introspection_url": f"{ISSUER}/protocol/openid-connect/token/introspect",
        "introspection_client_id": URL,
        "introspection_client_secret_file": str(secret_file),
        "jwks_url": f"{ISSUER}/protocol/openid-connect/certs",
        "audit_file": str(tmp_path / "audit.jsonl"),
    }


class Server:
    """The server under test, with what an MCP client does with it."""

    def __init__(self, http: TestClient, audit_file: Path) -> None:
        self.http = http
        self._audit_file = audit_file

    def post(
        self, token: str | None = None, *, url: str = "/mcp", headers: dict | None = None, **message
    ) -> Any:
        authorization = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.http.post(
            url,
            headers={"Accept": "application/json, text/event-stream", **authorization, **(headers or {})},
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}, **message},
        )

    def call(self, token: str, tool: str, **arguments: object) -> dict[str, Any]:
        answer = self.post(token, method="tools/call", params={"name": tool, "arguments": arguments})
        assert answer.status_code == 200, answer.text
        data = next(line for line in answer.text.splitlines() if line.startswith("data:"))
        return json.loads(data.removeprefix("data:"))["result"]

    def audit(self, event: str | None = None) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._audit_file.read_text().splitlines()]
        return [line for line in lines if event in {None, line["event"]}]

    def audit_text(self) -> str:
        return self._audit_file.read_text()


@pytest.fixture
def start(settings_document, stand_in) -> Iterator[Callable[..., Server]]:
    """Start a server with some settings changed."""
    running: list[TestClient] = []

    def start(**changes: object) -> Server:
        settings = Settings.model_validate_json(json.dumps({**settings_document, **changes}))
        app = build_app(settings, AuditTrail(settings.audit_file), stand_in)
        http = TestClient(app, base_url="http://localhost:3000", raise_server_exceptions=True)
        http.__enter__()
        running.append(http)
        return Server(http, settings.audit_file)

    yield start
    for http in running:
        http.__exit__(None, None, None)


@pytest.fixture
def server(start) -> Server:
    return start()


@pytest.fixture
def jwt_server(start) -> Server:
    return start(verifier="jwt")


@pytest.fixture(autouse=True)
def _no_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FASTMCP_")]:
        monkeypatch.delenv(name)
