"""The outputs of a stack: a typed model, and the very document that users have always seen."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from provision._lib.errors import ProvisionError
from provision.cli.main import cli, print_json
from provision.engine.operation import Engine
from provision.server.options import ServerOptions
from provision.server.settings import stack_settings
from provision.stack.outputs import StackOutputs

SERVER = {
    "name": "calculator",
    "url": "http://localhost:3000/mcp",
    "resource_metadata": "http://localhost:3000/.well-known/oauth-protected-resource/mcp",
    "scopes": ["mcp:tools"],
    "tool_scopes": {"multiply_numbers": ["mcp:math"], "add_numbers": []},
    "introspection": {"client_id": "mcp-server", "client_secret": "s-1"},
}
MADE = {
    "issuer": "http://localhost:8080/realms/mcp",
    "realm": "mcp",
    "admin_console": "http://localhost:8080/admin/master/console/#/mcp",
    "servers": [SERVER],
    "clients": [{"client_id": "mcp-client"}],
    "keycloak_url": "http://localhost:8080",
    "runtime": "process",
    "admin": {"client_id": "provision-admin", "client_secret": "s-2"},
    "demo_user": {"username": "demö", "password": "s-3"},
}
"""As the program makes them."""
RECORDED = json.loads(json.dumps(MADE, sort_keys=True))
"""As Pulumi prints them."""

UP = """{
  "issuer": "http://localhost:8080/realms/mcp",
  "realm": "mcp",
  "admin_console": "http://localhost:8080/admin/master/console/#/mcp",
  "servers": [
    {
      "name": "calculator",
      "url": "http://localhost:3000/mcp",
      "resource_metadata": "http://localhost:3000/.well-known/oauth-protected-resource/mcp",
      "scopes": [
        "mcp:tools"
      ],
      "tool_scopes": {
        "multiply_numbers": [
          "mcp:math"
        ],
        "add_numbers": []
      }
    }
  ],
  "clients": [
    {
      "client_id": "mcp-client"
    }
  ]
}
"""
STATUS_WITH_SECRETS = """{
  "admin": {
    "client_id": "provision-admin",
    "client_secret": "s-2"
  },
  "admin_console": "http://localhost:8080/admin/master/console/#/mcp",
  "clients": [
    {
      "client_id": "mcp-client"
    }
  ],
  "demo_user": {
    "password": "s-3",
    "username": "dem\\u00f6"
  },
  "issuer": "http://localhost:8080/realms/mcp",
  "realm": "mcp",
  "servers": [
    {
      "introspection": {
        "client_id": "mcp-server",
        "client_secret": "s-1"
      },
      "name": "calculator",
      "resource_metadata": "http://localhost:3000/.well-known/oauth-protected-resource/mcp",
      "scopes": [
        "mcp:tools"
      ],
      "tool_scopes": {
        "add_numbers": [],
        "multiply_numbers": [
          "mcp:math"
        ]
      },
      "url": "http://localhost:3000/mcp"
    }
  ]
}
"""


def read(document):
    return StackOutputs.read(document, stack="dev")


@pytest.mark.parametrize(
    ("document", "show_secrets", "text"), [(MADE, False, UP), (RECORDED, True, STATUS_WITH_SECRETS)]
)
def test_the_document_of_the_contract_is_what_it_was_to_the_byte(capsys, document, show_secrets, text):
    print_json(read(document).published(show_secrets=show_secrets))
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("document", [MADE, RECORDED])
def test_what_is_published_keeps_the_order_and_leaves_out_secrets_and_what_is_internal(document):
    whole = read(document).published(show_secrets=True)
    assert whole.keys() == MADE.keys() - {"keycloak_url", "runtime"}
    assert list(whole) == [key for key in document if key in whole]
    assert json.dumps(whole["servers"]) == json.dumps(document["servers"])
    public = json.dumps(read(document).published(show_secrets=False))
    assert not [secret for secret in ("s-1", "s-2", "s-3", "demo", "introspection") if secret in public]


def test_outputs_are_attributes_and_do_not_change():
    outputs = read(RECORDED)
    assert outputs.servers[0].tool_scopes == {"multiply_numbers": ("mcp:math",), "add_numbers": ()}
    assert outputs.service_account.client_secret == "s-2"
    assert outputs.demo_user.password == "s-3"
    assert not [secret for secret in ("s-1", "s-2", "s-3") if secret in repr(outputs)]
    with pytest.raises(ValueError, match="frozen"):
        outputs.realm = "other"


def test_outputs_of_another_version_are_read():
    older = {key: value for key, value in MADE.items() if key not in {"runtime", "demo_user", "admin"}}
    older["servers"] = [{key: SERVER[key] for key in ("name", "url", "resource_metadata", "scopes")}]
    outputs = read(older)
    assert (outputs.runtime, outputs.demo_user, outputs.servers[0].introspection) == (None, None, None)
    assert outputs.servers[0].tool_scopes == {}
    assert outputs.published(show_secrets=False)["servers"] == older["servers"]
    newer = {**MADE, "later": {"token": "s-4"}, "servers": [{**SERVER, "later": "s-5"}]}
    assert read(newer).published(show_secrets=True) == read(MADE).published(show_secrets=True)
    with pytest.raises(ProvisionError) as raised:
        outputs.service_account  # noqa: B018 - a property
    assert raised.value.do == "Make them anew: `provision up -s dev`."


def test_what_are_no_outputs_of_a_stack_is_said_without_a_value():
    with pytest.raises(ProvisionError) as raised:
        read({**MADE, "realm": 3, "admin": {"client_id": "a", "client_secret": {"x": "s-2"}}})
    assert "realm: " in raised.value.what
    assert "admin.client_secret: " in raised.value.what
    assert "s-2" not in str(raised.value)
    assert "provision up -s dev" in raised.value.do


# ---- A stack that is not up


@pytest.fixture
def project(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    for stack in ("dev", "test"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    return tmp_path


@pytest.fixture
def nothing_is_up(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(Engine, "outputs", lambda _: None)
    monkeypatch.setattr("provision.engine.pulumi_cli.find_or_install", lambda _: None)
    monkeypatch.setattr("provision.engine.live_stack.running", lambda _: ())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["status"], 0),
        (["verify"], 1),
        (["open"], 1),
        (["client-config", "vscode"], 1),
        (["clients", "list"], 1),
        (["audit"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("stack", ["dev", "test"])
@pytest.mark.usefixtures("nothing_is_up")
def test_every_command_says_alike_that_a_stack_is_not_up_and_what_starts_it(arguments, code, stack, project):
    result = CliRunner().invoke(cli, ["-s", stack, "-C", str(project), *arguments])
    said = result.output + str(result.exception or "")
    assert f"Stack {stack} is not up." in said
    assert f"`provision up -s {stack} -C {project}`" in " ".join(said.split())
    assert (result.exit_code, isinstance(result.exception, ProvisionError)) == (code, code == 1)


def test_status_prints_all_that_a_server_elsewhere_has_to_know(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    outputs = StackOutputs.read(RECORDED, stack="dev")
    monkeypatch.setattr(Engine, "outputs", lambda _: outputs)
    shown = CliRunner().invoke(cli, ["-C", str(tmp_path), "status", "--show-secrets"]).output
    lines = {line[:15].strip(): line[15:] for line in shown.splitlines()}
    told = stack_settings(
        ServerOptions(),
        name="weather",
        listens=("127.0.0.1", 3000),
        url=SERVER["url"],
        issuer=MADE["issuer"],
        realm_url=MADE["issuer"],
        scopes=["mcp:tools"],
        client_id="mcp-server",
        secret_file="secret",
    )
    assert lines["Introspects at"] == told["introspection_url"]
    assert lines["Key set"] == told["jwks_url"]
    assert lines["Introspection"] == "mcp-server / s-1"
    assert "Key set" not in CliRunner().invoke(cli, ["-C", str(tmp_path), "status"]).output
