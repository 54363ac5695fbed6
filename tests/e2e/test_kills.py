"""An engine that is killed at any moment, without checkpoints, in a realm that somebody else made: nothing is lost."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provision.engine.pulumi_cli import find_or_install
from provision.progress import Silent
from tests.support.requirements import yaml_language_host

_SCOPES = 12
_PATIENCE_SECONDS = 90


class Program:
    """A YAML program of scopes, mappers, roles, clients and two factory policies, run by plain ``pulumi``."""

    def __init__(self, folder: Path, url: str, secret: str, realm: str):
        self.folder = folder
        executable = find_or_install(Silent())
        path = [str(executable.parent), str(yaml_language_host(Silent())), os.environ["PATH"]]
        self._command = str(executable)
        self._environment = {
            **os.environ,
            "PATH": os.pathsep.join(path),
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "of-the-test",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
            "PROVISION_DATA_DIR": str(folder / "data"),
        }
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text(json.dumps(_document(url, secret, realm)))
        self("stack", "init", "dev")

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._command, "--non-interactive", *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kill_when(self, reached) -> None:
        """Begin an ``up`` and kill the engine as soon as ``reached()`` is true."""
        process = subprocess.Popen(
            [self._command, "--non-interactive", "up", "--yes", "--skip-preview"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + _PATIENCE_SECONDS
        while not reached():
            assert process.poll() is None, "it was done before it could be killed"
            assert time.monotonic() < end
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self("cancel", "--yes")

    @property
    def recorded(self) -> list[dict]:
        """The resources in the state."""
        return json.loads(self("stack", "export"))["deployment"].get("resources", [])


def _document(url: str, secret: str, realm: str) -> dict:
    def resource(kind: str, **properties: object) -> dict:
        return {
            "type": f"provision:keycloak:{kind}",
            "properties": {"realm": realm, **properties},
            "options": {"provider": "${admin}"},
        }

    connection = {"url": url, "clientId": "provision-admin", "clientSecret": {"fn::secret": secret}}
    resources = {
        "admin": {"type": "pulumi:providers:provision", "properties": connection},
        "hosts": resource("TrustedHostsPolicy", trustedHosts=["localhost"]),
        "limit": resource("MaxClientsPolicy", maxClients=7),
    }
    for number in range(_SCOPES):
        resources |= {
            f"scope{number}": resource("ClientScope", name=f"scope{number}"),
            f"mapper{number}": resource(
                "AudienceMapper",
                scope=f"${{scope{number}.name}}",
                name="audience",
                includedCustomAudience="https://a.example",
            ),
            f"role{number}": resource("RealmRole", name=f"role{number}"),
            f"client{number}": resource("Client", clientId=f"client{number}"),
        }
    plugins = {"providers": [{"name": "provision", "path": str(Path(sys.executable).parent)}]}
    return {"name": "kills", "runtime": "yaml", "plugins": plugins, "resources": resources}


@pytest.fixture
def realm(session):
    name = f"kills-{secrets.token_hex(4)}"
    session.post("", body={"realm": name, "enabled": True})
    yield name
    session.delete(name)


def _everything(session, realm: str) -> dict[str, list]:
    """What is in the realm, without what only says when or in which order."""
    policies = [
        {**item, "config": {name: sorted(values) for name, values in item["config"].items()}}
        for item in session.get(realm, "components")
        if item["providerType"].endswith("ClientRegistrationPolicy")
    ]
    return {
        "scopes": sorted(session.get(realm, "client-scopes"), key=lambda item: item["name"]),
        "roles": sorted(session.get(realm, "roles"), key=lambda item: item["name"]),
        "clients": sorted(item["clientId"] for item in session.get(realm, "clients")),
        "policies": sorted(policies, key=lambda item: item["id"]),
    }


def test_a_run_killed_again_and_again_is_finished_by_the_next_and_leaves_nothing_behind(
    tmp_path, live_keycloak, session, admin_secret, realm
):
    before = _everything(session, realm)
    program = Program(tmp_path, live_keycloak.url, admin_secret, realm)

    def made() -> int:
        names = [item["name"] for item in session.get(realm, "roles")]
        return sum(name.startswith("role") for name in names)

    for count in (1, 5, 10):
        program.kill_when(lambda count=count: made() >= count)
    program("up", "--yes", "--skip-preview")
    program("preview", "--refresh", "--expect-no-changes")
    adopted = {
        item["urn"].rpartition("::")[2]
        for item in program.recorded
        if "adoptedFrom" in item.get("outputs", {})
    }
    assert adopted == {"hosts", "limit"}
    assert made() == _SCOPES
    program("destroy", "--yes", "--skip-preview")
    assert _everything(session, realm) == before
    assert list((tmp_path / "data" / "journals").iterdir()) == []
