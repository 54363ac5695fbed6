"""States and programs of the versions in which two kinds had other names."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from provision.config.yaml_file import load
from provision.core.handler import Context
from provision.core.registry import kind
from provision.keycloak.handler import KeycloakAccess
from provision.provider.lifecycle import Lifecycle
from tests.conftest import ADMIN
from tests.support.plain_pulumi import PLUGINS, Pulumi
from tests.support.stack_cli import ROOT, StackCli

_RECORDED = ROOT / "tests/support/former_names.json"
"""What version 0.1.0 exported of the stack below, without its times; its address and secret are left open."""
_FILE = """\
config:
  provision:profile: dev
  provision:runtime: external
  provision:mcp: false
  provision:keycloak:
    url: {url}
    adminClientId: {admin}
  provision:realm:
    name: former
  provision:objects:
    - {{type: Realm, name: former, suppliedKeys: true}}
    - {{type: ClientScope, name: "mcp:tools"}}
    - {{type: DefaultClientScope, scope: "mcp:tools", kind: optional}}
    - {{type: Client, clientId: server, access: public}}
    - {{type: ClientDefaultScope, client: server, scope: phone, kind: optional}}
    - {{type: ClientDefaultScope, client: server, scope: "mcp:tools", kind: optional}}
"""
_NAMES = {
    "DefaultClientScope": "RealmClientScopeAssignment",
    "ClientDefaultScope": "ClientScopeAssignment",
}


@pytest.fixture
def state(live_keycloak, admin_secret, session):
    """The recorded state, and the objects in it as they were made then."""
    text = _RECORDED.read_text().replace("SECRET", admin_secret).replace("URL", live_keycloak.url)
    context = Context(connection=KeycloakAccess(lambda: session), log=print)
    recorded = [item["type"] for item in json.loads(text)["deployment"]["resources"]]
    assert {f"provision:keycloak:{name}" for name in _NAMES} <= set(recorded)
    for item in json.loads(text)["deployment"]["resources"]:
        if item["type"].startswith("provision:keycloak:"):
            Lifecycle(kind(item["type"]), context).create(item["inputs"], preview=False)
    yield text
    session.delete("former")


@pytest.fixture
def stack(tmp_path, live_keycloak, admin_secret, state):
    stack = StackCli(tmp_path, stack="former")
    (stack.project / "Pulumi.former.yaml").write_text(_FILE.format(url=live_keycloak.url, admin=ADMIN))
    stack.run("secret", "set", "adminClientSecret", stdin=f"{admin_secret}\n")
    _pulumi(stack, "stack", "select", "--create", "former")
    exported = json.loads(state)
    salt = load(stack.project / "Pulumi.former.yaml")["encryptionsalt"]
    exported["deployment"]["secrets_providers"] = {"type": "passphrase", "state": {"salt": salt}}
    _pulumi(stack, "stack", "import", stdin=json.dumps(exported))
    yield stack
    stack.clean_up()


def _pulumi(stack, *arguments, stdin=None):
    """What the plain command says, as it is run after ``eval "$(provision env)"``."""
    line = ["pulumi", "--non-interactive", "-C", str(stack.project), *arguments]
    shell = os.environ | stack.json("env")
    done = subprocess.run(line, env=shell, input=stdin, text=True, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_state_of_a_former_version_needs_no_change_and_is_removed(stack, session):
    def changes(*options):
        return stack.json("preview", *options, code=None)["changes"]

    assert changes() == []
    assert changes("--refresh") == []
    for former, name in _NAMES.items():
        stack.change_config(f"type: {former}", f"type: {name}")
    assert changes() == []

    stack.run("down", "--yes")
    assert session.get("former") is None


def test_the_first_up_gives_the_objects_their_new_names(stack, session):
    client = session.get("former", "clients", clientId="server")
    stack.run("up", code=None)
    assert stack.json("drift", code=None) == {"changes": [], "added": []}
    assert session.get("former", "clients", clientId="server") == client
    exported = _pulumi(stack, "stack", "export")
    types = {item["type"].rpartition(":")[2] for item in json.loads(exported)["deployment"]["resources"]}
    assert set(_NAMES.values()) <= types
    assert not set(_NAMES) & types


_PROGRAM = """\
name: former-names
runtime: yaml
plugins:
  providers:
    - {{name: provision, path: {plugin}}}
config:
  clientSecret: {{type: string, secret: true}}
resources:
  admin:
    type: pulumi:providers:provision
    properties: {{url: "{url}", clientId: provision-admin, clientSecret: "${{clientSecret}}"}}
  realm:
    type: provision:keycloak:Realm
    properties: {{name: former-names, suppliedKeys: true}}
    options: {{provider: "${{admin}}"}}
  phone:
    type: provision:keycloak:{kind}
    properties: {{realm: "${{realm.name}}", scope: phone, kind: optional}}
    options: {{provider: "${{admin}}", deletedWith: "${{realm}}"}}
"""


def test_a_program_of_a_former_version_goes_on_working(tmp_path, live_keycloak, admin_secret, session):
    pulumi = Pulumi(tmp_path)

    def write(name):
        pulumi.program(_PROGRAM.format(plugin=PLUGINS, url=live_keycloak.url, kind=name))

    write("DefaultClientScope")
    pulumi("stack", "init", "dev")
    pulumi("config", "set", "--secret", "clientSecret", stdin=admin_secret)
    pulumi("up", "-y", "--skip-preview")
    pulumi("preview", "--expect-no-changes")
    write("RealmClientScopeAssignment")
    pulumi("preview", "--expect-no-changes")
    pulumi("destroy", "-y", "--skip-preview")
    assert session.get("former-names") is None
