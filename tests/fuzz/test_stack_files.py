"""A stack file that is damaged anywhere is read or refused with one clear line; it never breaks a command."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from provision._lib.errors import UsageError
from provision.config.project import Project
from tests.support.damage import ANYTHING, damaged
from tests.support.stack_cli import ROOT

_FILES = [
    (ROOT / "stacks" / f"Pulumi.{name}.yaml").read_text(encoding="utf-8") for name in ("dev", "test", "prod")
]
_OBJECTS = """
config:
  provision:profile: test
  provision:objects:
    - {type: Client, clientId: app, access: public, redirectUris: ["https://app.example.org/callback"], standardFlow: true}
    - {type: User, username: ada, email: ada@example.org, realmRoles: [writer]}
    - {type: RealmRole, name: writer}
    - {type: AudienceMapper, name: audience, scope: "mcp:tools", includedCustomAudience: "https://mcp.example.org/mcp"}
  provision:rules: {levels: {client-pkce: advisory}, waivers: [{rule: client-pkce, resource: "Client app", reason: "is being replaced", expires: 2030-01-01}]}
  provision:servers: [{name: calculator, port: 3000}, {name: weather, url: "https://weather.example.org/mcp"}]
"""
_GOOD = [yaml.safe_load(text) for text in (*_FILES, _OBJECTS)]


def _read(folder, content):
    (folder / "Pulumi.yaml").write_text("name: fuzzed\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_bytes(content)
    refused = _refusal(Project.at(folder).stack("dev"))
    for word in ("Traceback", "pydantic", "NoneType", "dictionary or instance", "object at 0x"):
        assert word not in refused


def _refusal(stack):
    try:
        stack.config()
    except UsageError as error:
        return str(error)
    return ""


@given(document=st.sampled_from(_GOOD).flatmap(damaged))
def test_a_damaged_stack_file(tmp_path, document):
    _read(tmp_path, yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))


@given(document=ANYTHING)
def test_any_yaml(tmp_path, document):
    _read(tmp_path, yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))


@given(values=ANYTHING)
def test_any_configuration(tmp_path, values):
    _read(tmp_path, yaml.safe_dump({"config": values}, allow_unicode=True).encode("utf-8", "surrogatepass"))


@given(content=st.binary(max_size=100) | st.text("{}[]:,-&*!|>'\"#%@ \n\ta0~?", max_size=60).map(str.encode))
def test_any_text(tmp_path, content):
    _read(tmp_path, content)
