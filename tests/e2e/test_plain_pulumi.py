"""The provider outside our own engine code: a YAML program, run by the plain ``pulumi`` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provision.engine.pulumi_cli import find_or_install
from provision.progress import Silent
from tests.support.requirements import yaml_language_host

FAILED = 1
_PROGRAM = """\
name: by-yaml
runtime: yaml
plugins:
  providers:
    - {{name: provision, path: {plugin}}}
config:
  url: {{type: string}}
  clientId: {{type: string}}
  clientSecret: {{type: string, secret: true}}
resources:
  admin:
    type: pulumi:providers:provision
    properties: {{url: "${{url}}", clientId: "${{clientId}}", clientSecret: "${{clientSecret}}"}}
  realm:
    type: provision:keycloak:Realm
    properties: {{name: by-yaml, suppliedKeys: true, accessTokenLifespan: 120}}
    options: {{provider: "${{admin}}"}}
  tools:
    type: provision:keycloak:ClientScope
    properties: {{realm: "${{realm.name}}", name: "mcp:tools", consentText: {consent}}}
    options: {{provider: "${{admin}}", deletedWith: "${{realm}}"}}
  hosts:
    type: provision:keycloak:TrustedHostsPolicy
    properties: {{realm: "${{realm.name}}", trustedHosts: [localhost, 127.0.0.1]}}
    options: {{provider: "${{admin}}", deletedWith: "${{realm}}"}}
  server:
    type: provision:keycloak:Client
    properties: {{realm: "${{realm.name}}", clientId: server, access: confidential, secret: "${{made.value}}"}}
    options: {{provider: "${{admin}}", deletedWith: "${{realm}}"}}
  made:
    type: provision:index:GeneratedSecret
    properties: {{name: made}}
outputs:
  issuer: ${{realm.issuer}}
"""


class Pulumi:
    """The plain command in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        executable = find_or_install(Silent())
        self._command = str(executable)
        path = [str(executable.parent), str(yaml_language_host(Silent())), os.environ["PATH"]]
        self._environment = {
            **os.environ,
            "PATH": os.pathsep.join(path),
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "of-the-test",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        (folder / "state").mkdir()
        self.write("Use the tools")

    def write(self, consent: str) -> None:
        program = _PROGRAM.format(plugin=Path(sys.executable).parent, consent=json.dumps(consent))
        (self.folder / "Pulumi.yaml").write_text(program)

    def __call__(self, *arguments: str, code: int = 0, stdin: str | None = None) -> str:
        done = subprocess.run(
            [self._command, "--non-interactive", *arguments],
            cwd=self.folder,
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def pulumi(tmp_path, live_keycloak, admin_secret):
    pulumi = Pulumi(tmp_path)
    pulumi("stack", "init", "dev")
    pulumi("config", "set", "url", live_keycloak.url)
    pulumi("config", "set", "clientId", "provision-admin")
    pulumi("config", "set", "--secret", "clientSecret", stdin=admin_secret)
    yield pulumi
    pulumi("destroy", "-y", "--skip-preview")


def test_a_yaml_program_makes_changes_imports_and_destroys(pulumi, session, tmp_path, admin_secret):
    shown = pulumi("up", "-y")
    assert "adopted (it was there already)" in shown
    assert session.get("by-yaml")["accessTokenLifespan"] == 120

    pulumi("preview", "--expect-no-changes")
    pulumi("up", "-y", "--refresh", "--expect-no-changes")

    pulumi.write("Use them all")
    assert "consentText" in pulumi("preview", "--diff")
    pulumi("up", "-y", "--skip-preview")
    scope = next(item for item in session.get("by-yaml", "client-scopes") if item["name"] == "mcp:tools")
    assert scope["attributes"]["consent.screen.text"] == "Use them all"

    exported = json.loads(pulumi("stack", "export"))
    made = next(item for item in exported["deployment"]["resources"] if item["urn"].endswith("::made"))
    assert "ciphertext" in made["outputs"]["value"]
    state = next((tmp_path / "state").rglob("stacks/**/dev.json")).read_text()
    assert admin_secret not in state

    pulumi("destroy", "-y", "--skip-preview")
    assert session.get("by-yaml") is None


def test_an_existing_object_is_imported_and_needs_no_change(pulumi, session):
    pulumi("up", "-y", "--skip-preview")
    provider = "urn:pulumi:dev::by-yaml::pulumi:providers:provision::admin"
    session.post("by-yaml", "client-scopes", body={"name": "by-hand", "protocol": "openid-connect"})
    code = pulumi(
        "import",
        "provision:keycloak:ClientScope",
        "byHand",
        "by-yaml/by-hand",
        "--provider",
        f"admin={provider}",
        "--yes",
        "--protect=false",
        "--skip-preview",
    )
    assert "by-hand" in code
    missing = pulumi(
        "import",
        "provision:keycloak:ClientScope",
        "nobody",
        "by-yaml/nobody",
        "--provider",
        f"admin={provider}",
        "--yes",
        "--skip-preview",
        code=FAILED,
    )
    assert "does not exist" in missing


def test_a_failure_is_one_readable_line_with_keycloaks_own_words(pulumi):
    file = pulumi.folder / "Pulumi.yaml"
    right = file.read_text()
    file.write_text(right.replace("accessTokenLifespan: 120", "accessTokenLifespan: 0"))
    assert "accessTokenLifespan: input should be greater than or equal to 1" in pulumi("preview", code=FAILED)
    file.write_text(right.replace("clientId: server", "clientId: account"))
    pulumi("up", "-y", "--skip-preview")
    file.write_text(right.replace("clientId: server", 'clientId: "a b", redirectUris: ["http://x#y"]'))
    shown = pulumi("up", "-y", "--skip-preview", code=FAILED)
    assert "Keycloak would not create clients in realm by-yaml" in shown
    assert "redirect" in shown.lower()
    assert "Traceback" not in shown
    assert "rpc error" not in shown
    file.write_text(right)


def test_a_wrong_service_account_is_named(pulumi):
    file = pulumi.folder / "Pulumi.yaml"
    right = file.read_text()
    file.write_text(right.replace('clientId: "${clientId}"', "clientId: somebody-else"))
    assert "refused the service account 'somebody-else'" in pulumi("up", "-y", "--skip-preview", code=FAILED)
    file.write_text(right)


def test_the_schema_passes_pulumis_own_check(pulumi, tmp_path):
    plugin = str(Path(sys.executable).with_name("pulumi-resource-provision"))
    text = pulumi("package", "get-schema", plugin)
    file = tmp_path / "schema.json"
    file.write_text(text[text.index("{") :])
    pulumi("schema", "check", str(file))
