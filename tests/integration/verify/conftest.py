"""A live stack that tests may break: a realm of its own, made by a plain script, and a server."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection
from provision.runtimes.process.ports import pick_free
from provision.verify import Target
from tests.integration.verify.front import Front
from tests.integration.verify.realm import LiveRealm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.runtimes.process.keycloak import RunningKeycloak

ADMIN = "provision-admin"
SCOPE = "mcp:tools"
_BASELINE = Path(__file__).parents[3] / "tools" / "realm_by_script.py"


@dataclass(frozen=True)
class _Secrets:
    introspection: str
    password: str
    folder: Path

    def file(self, name: str, value: str) -> Path:
        path = self.folder / name
        path.write_text(value)
        path.chmod(0o400)
        return path


@dataclass(frozen=True)
class _Running:
    url: str


@pytest.fixture(scope="session")
def admin_secret(request: pytest.FixtureRequest) -> str:
    """Of a Keycloak that runs already, when the environment names one; else of the suite's own."""
    return os.environ.get("PROVISION_TEST_ADMIN_SECRET") or request.getfixturevalue("admin_secret")


@pytest.fixture(scope="session")
def live_keycloak(request: pytest.FixtureRequest) -> RunningKeycloak | _Running:
    """A Keycloak that runs already, when the environment names one; else the suite's own."""
    url = os.environ.get("PROVISION_TEST_KEYCLOAK_URL")
    return _Running(url) if url else request.getfixturevalue("live_keycloak")


@pytest.fixture(scope="session")
def realm_secrets(tmp_path_factory: pytest.TempPathFactory) -> _Secrets:
    return _Secrets(secrets.token_urlsafe(24), secrets.token_urlsafe(24), tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="session")
def realm(
    live_keycloak: RunningKeycloak, admin_secret: str, realm_secrets: _Secrets, front_port: int
) -> Iterator[LiveRealm]:
    """A realm made by the baseline script, with a client whose tokens the server accepts."""
    name = f"verify-{secrets.token_hex(4)}"
    command = [
        *(sys.executable, _BASELINE, "--keycloak-url", live_keycloak.url, "--admin-client-id", ADMIN),
        *("--admin-secret-file", realm_secrets.file("admin", admin_secret), "--realm", name),
        *("--server-url", f"http://localhost:{front_port}/mcp"),
        *("--introspection-secret-file", realm_secrets.file("introspection", realm_secrets.introspection)),
        *("--password-file", realm_secrets.file("password", realm_secrets.password)),
    ]
    subprocess.run(command, check=True, timeout=60)
    session = Session(Connection(url=live_keycloak.url, client_id=ADMIN, client_secret=admin_secret))
    yield LiveRealm(session, name)
    session.delete(name)


@pytest.fixture(scope="session")
def front_port() -> int:
    return pick_free()


@pytest.fixture(scope="session")
def target(
    live_keycloak: RunningKeycloak,
    admin_secret: str,
    realm: LiveRealm,
    realm_secrets: _Secrets,
    front_port: int,
) -> Target:
    """The live stack; run the proofs only with the fixture `front`, which brings the server."""
    return Target(
        issuer=f"{live_keycloak.url}/realms/{realm.name}",
        realm=realm.name,
        server_url=f"http://localhost:{front_port}/mcp",
        scopes=(SCOPE,),
        introspection_client_id="mcp-server",
        introspection_client_secret=realm_secrets.introspection,
        demo_username="demo",
        demo_password=realm_secrets.password,
        public_client_id="mcp-client",
        is_reference=True,
        connection=Connection(url=live_keycloak.url, client_id=ADMIN, client_secret=admin_secret),
    )


@pytest.fixture(scope="session")
def front(
    target: Target, realm: LiveRealm, front_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """The reference server behind a gateway through which it can be made wrong."""
    folder, port = tmp_path_factory.mktemp("server"), pick_free()
    secret_file = folder / "secret"
    secret_file.write_text(target.introspection_client_secret)
    secret_file.chmod(0o400)
    settings = {
        "name": "calculator",
        "port": port,
        "url": target.server_url,
        "issuer": target.issuer,
        "verifier": "introspection",
        "introspection_url": f"{target.issuer}/protocol/openid-connect/token/introspect",
        "introspection_client_id": target.introspection_client_id,
        "introspection_client_secret_file": str(secret_file),
        "audit_file": str(folder / "audit.log"),
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "provision.server", "--settings", folder / "settings.json"]
    server = subprocess.Popen(command)
    gateway = Front(port, front_port, _good_token(target, realm))
    try:
        _wait_for(f"http://localhost:{port}/.well-known/oauth-protected-resource")
        yield gateway
    finally:
        gateway.close()
        server.terminate()
        server.wait(10)


class _good_token:  # noqa: N801 - used as a function
    """Tokens that the server accepts, of a client that is no part of the stack."""

    def __init__(self, target: Target, realm: LiveRealm) -> None:
        self._target = target
        self._body = {
            "clientId": "insider",
            "secret": secrets.token_urlsafe(24),
            "serviceAccountsEnabled": True,
            "standardFlowEnabled": False,
            "defaultClientScopes": ["basic", SCOPE],
            "attributes": {"access.token.lifespan": "3000"},
        }
        realm.session.post(realm.name, "clients", body=self._body)
        self._token = ""

    def __call__(self) -> str:
        if not self._token:
            body = {
                "grant_type": "client_credentials",
                "client_id": self._body["clientId"],
                "client_secret": self._body["secret"],
            }
            answer = httpx.post(f"{self._target.issuer}/protocol/openid-connect/token", data=body)
            self._token = answer.json()["access_token"]
        return self._token


def _wait_for(url: str) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            httpx.get(url, timeout=5).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
