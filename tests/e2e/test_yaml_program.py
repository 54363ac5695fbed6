"""The provider outside our own engine code: a YAML program, run by the plain ``pulumi`` command."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from provision.core.registry import catalogue
from tests.support.plain_pulumi import PLUGINS, Pulumi
from tests.support.samples import SAMPLES
from tests.support.world import World

if TYPE_CHECKING:
    from pathlib import Path

FAILED = 1
_PROVIDER = "urn:pulumi:dev::by-yaml::pulumi:providers:provision::admin"
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


class Written(Pulumi):
    """With the program above."""

    def write(self, consent: str, plugin: Path = PLUGINS) -> None:
        self.program(_PROGRAM.format(plugin=plugin, consent=json.dumps(consent)))


@pytest.fixture
def pulumi(tmp_path, live_keycloak, admin_secret):
    pulumi = Written(tmp_path)
    pulumi.write("Use the tools")
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


@pytest.mark.parametrize("version", ["0.1.0", "99.0.0"])
def test_a_provider_of_another_version_leaves_nothing_to_do(pulumi, tmp_path, version):
    other = tmp_path / "other" / "pulumi-resource-provision"
    other.parent.mkdir()
    other.write_text(
        f"#!{sys.executable}\n"
        "from provision.provider import host\n"
        f"host.version = lambda _package: {version!r}\n"
        "host.main()\n"
    )
    other.chmod(0o700)
    pulumi.write("Use the tools", plugin=other.parent)
    assert json.loads(pulumi("package", "get-schema", str(other)))["version"] == version
    pulumi("up", "-y", "--skip-preview")
    pulumi.write("Use the tools")
    pulumi("preview", "--expect-no-changes")
    pulumi("up", "-y", "--refresh", "--expect-no-changes")


def test_an_existing_object_is_imported_and_needs_no_change(pulumi, session):
    pulumi("up", "-y", "--skip-preview")
    session.post("by-yaml", "client-scopes", body={"name": "by-hand", "protocol": "openid-connect"})
    code = pulumi(
        "import",
        "provision:keycloak:ClientScope",
        "byHand",
        "by-yaml/by-hand",
        "--provider",
        f"admin={_PROVIDER}",
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
        f"admin={_PROVIDER}",
        "--yes",
        "--skip-preview",
        code=FAILED,
    )
    assert "does not exist" in missing


_NOT_IMPORTABLE = {token for token, sample in SAMPLES.items() if sample.nameless}


def test_one_bulk_import_takes_every_kind_and_leaves_nothing_to_do(pulumi, session):
    assert SAMPLES.keys() == {token for token in catalogue() if token.startswith("provision:keycloak:")}
    world = World(session)
    made = {}
    for token, sample in SAMPLES.items():
        for needed, values in sample.needs:
            world.add(needed, values)
        _, made[token] = world.add(token, sample.inputs)
    pulumi("up", "-y", "--skip-preview", "--target", _PROVIDER)
    wanted = [
        {"type": token, "name": token.rsplit(":", 1)[-1], "id": state.id, "provider": "admin"}
        for token, state in made.items()
        if token not in _NOT_IMPORTABLE
    ]
    (pulumi.folder / "import.json").write_text(
        json.dumps({"nameTable": {"admin": _PROVIDER}, "resources": wanted})
    )
    options = ("--yes", "--skip-preview", "--protect=false")
    pulumi("import", "--file", "import.json", *options, "--out", "imported.yaml")

    exported = json.loads(pulumi("stack", "export"))["deployment"]["resources"]
    assert {item["id"] for item in wanted} <= {item.get("id") for item in exported}
    program = yaml.safe_load((pulumi.folder / "Pulumi.yaml").read_text())
    imported = yaml.safe_load((pulumi.folder / "imported.yaml").read_text())["resources"]
    assert len(imported) == len(wanted)
    program["resources"] = {"admin": program["resources"]["admin"], **imported}
    program.pop("outputs")
    pulumi.program(yaml.safe_dump(program))
    pulumi("preview", "--expect-no-changes")
    pulumi("preview", "--refresh", "--expect-no-changes")
    pulumi("state", "delete", "--all", "--yes")  # the realm goes with the Keycloak of this test run


def test_a_failure_is_one_readable_line_with_keycloaks_own_words(pulumi):
    file = pulumi.folder / "Pulumi.yaml"
    right = file.read_text()
    file.write_text(right.replace("accessTokenLifespan: 120", "accessTokenLifespan: 0"))
    assert "accessTokenLifespan: must be 1 or more" in pulumi("preview", code=FAILED)
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
    plugin = str(PLUGINS / "pulumi-resource-provision")
    text = pulumi("package", "get-schema", plugin)
    file = tmp_path / "schema.json"
    file.write_text(text[text.index("{") :])
    pulumi("schema", "check", str(file))
