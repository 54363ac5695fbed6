"""The programs of docs/library.md, each in a realm that is there already."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from pulumi import automation

from tests.support.plain_pulumi import PLUGINS, Pulumi
from tests.support.world import World

_EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
_PROJECT = f"name: library\nruntime: python\nplugins: {{providers: [{{name: provision, path: {PLUGINS}}}]}}\n"
_SERVER = "https://mcp.example.org/mcp"


@pytest.fixture
def world(session):
    return World(session)


@pytest.fixture
def settings(world, live_keycloak):
    return {"realm": world.realm, "url": live_keycloak.url, "clientId": "provision-admin", "server": _SERVER}


def test_the_yaml_program_goes_up_and_leaves_the_realm_as_it_was(tmp_path, world, settings, admin_secret):
    text = (_EXAMPLES / "library.yaml").read_text()
    assert "path: .venv/bin" in text
    pulumi = Pulumi(tmp_path)
    pulumi.variables["PULUMI_SKIP_CHECKPOINTS"] = "true"  # as the page recommends
    pulumi.program(text.replace("path: .venv/bin", f"path: {PLUGINS}"))
    pulumi("stack", "init", "dev")
    for name, value in settings.items():
        pulumi("config", "set", name, value)
    pulumi("config", "set", "--secret", "clientSecret", stdin=admin_secret)
    before = _content(world)

    pulumi("up", "-y", "--skip-preview")
    _assert_is_managed(world)
    pulumi("preview", "--expect-no-changes")
    pulumi("preview", "--refresh", "--expect-no-changes")
    pulumi("destroy", "-y", "--skip-preview")
    assert _content(world) == before


def test_the_python_program_goes_up_and_leaves_the_realm_as_it_was(
    tmp_path, world, settings, admin_secret, monkeypatch
):
    """By the Automation API: the package of Pulumi for Python brings no language host for plain `pulumi`."""
    pulumi = Pulumi(tmp_path)
    pulumi.program(_PROJECT)
    monkeypatch.setenv("PATH", pulumi.variables["PATH"])
    stack = automation.create_stack(
        "dev",
        project_name="library",
        program=_run_the_file,
        opts=automation.LocalWorkspaceOptions(work_dir=str(tmp_path), env_vars=pulumi.variables),
    )
    for name, value in settings.items():
        stack.set_config(name, automation.ConfigValue(value))
    stack.set_config("clientSecret", automation.ConfigValue(admin_secret, secret=True))
    before = _content(world)

    stack.up()
    _assert_is_managed(world)
    assert set(stack.preview(expect_no_changes=True).change_summary) == {automation.OpType.SAME}
    stack.destroy()
    assert _content(world) == before


def _run_the_file():
    runpy.run_path(str(_EXAMPLES / "library.py"))


def _assert_is_managed(world):
    scope = next(
        item for item in world.session.get(world.realm, "client-scopes") if item["name"] == "mcp:tools"
    )
    assert scope["attributes"]["consent.screen.text"] == "Use the tools"
    assert scope["protocolMappers"][0]["config"]["included.custom.audience"] == _SERVER
    hosts = next(
        item for item in world.session.get(world.realm, "components") if item["name"] == "Trusted Hosts"
    )
    assert set(hosts["config"]["trusted-hosts"]) == {"localhost", "127.0.0.1", "claude.ai"}


def _content(world):
    """The realm, its scopes and its policies, with empty settings left out."""
    parts = {name: world.session.get(world.realm, name) for name in ("client-scopes", "components")}
    sorted_parts = {
        name: sorted((_filled(item) for item in items), key=lambda item: item["id"])
        for name, items in parts.items()
    }
    return {"realm": world.session.get(world.realm), **sorted_parts}


def _filled(item):
    config = {key: value for key, value in item.get("config", {}).items() if value not in ([], [""], "")}
    return {**item, "config": config}
