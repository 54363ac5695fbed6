"""An engine that is killed at any moment, without checkpoints, in a realm that somebody else made: nothing is lost."""

from __future__ import annotations

import json
import secrets
import time

import psutil
import pytest

from tests.support.plain_pulumi import PLUGINS, Pulumi

_SCOPES = 12
_PATIENCE_SECONDS = 90


def _kill_when(pulumi: Pulumi, reached) -> None:
    """Begin an ``up`` and kill the engine as soon as ``reached()`` is true."""
    process = pulumi.begin("up", "--yes", "--skip-preview")
    end = time.monotonic() + _PATIENCE_SECONDS
    while not reached():
        assert process.poll() is None, "it was done before it could be killed"
        assert time.monotonic() < end
    children = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    for child in children:
        if child.is_running() and "language" in child.name():
            child.kill()  # the provider ends by itself, the language host would stay
    pulumi("cancel", "--yes")


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
    plugins = {"providers": [{"name": "provision", "path": str(PLUGINS)}]}
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
    pulumi = Pulumi(tmp_path)
    pulumi.variables |= {"PULUMI_SKIP_CHECKPOINTS": "true", "PROVISION_DATA_DIR": str(tmp_path / "data")}
    pulumi.program(json.dumps(_document(live_keycloak.url, admin_secret, realm)))
    pulumi("stack", "init", "dev")

    def made() -> int:
        names = [item["name"] for item in session.get(realm, "roles")]
        return sum(name.startswith("role") for name in names)

    for count in (1, 5, 10):
        _kill_when(pulumi, lambda count=count: made() >= count)
    pulumi("up", "--yes", "--skip-preview")
    pulumi("preview", "--refresh", "--expect-no-changes")
    assert _adopted(pulumi) == {"hosts", "limit"}
    assert made() == _SCOPES
    pulumi("destroy", "--yes", "--skip-preview")
    assert _everything(session, realm) == before
    assert list((tmp_path / "data" / "journals").iterdir()) == []


def _adopted(pulumi: Pulumi) -> set[str]:
    """The names of the resources that the state remembers as adopted."""
    file = pulumi.folder / "state.json"
    pulumi("stack", "export", "--file", str(file))
    recorded = json.loads(file.read_text())["deployment"]["resources"]
    return {item["urn"].rpartition("::")[2] for item in recorded if "adoptedFrom" in item.get("outputs", {})}
