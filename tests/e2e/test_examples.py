"""The programs of docs/library.md, each in a realm that is there already."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.plain_pulumi import PLUGINS, Pulumi
from tests.support.world import World

_PAGE = Path(__file__).parents[2] / "docs" / "library.md"
_EXAMPLES = _PAGE.parent / "examples"
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
    _try(tmp_path, text.replace("path: .venv/bin", f"path: {PLUGINS}"), world, settings, admin_secret)


def test_the_python_program_goes_up_and_leaves_the_realm_as_it_was(tmp_path, world, settings, admin_secret):
    (found,) = re.findall(
        r"```yaml\n(name: library\nruntime: {name: python.*?)```", _PAGE.read_text(), re.DOTALL
    )
    shutil.copy(_EXAMPLES / "library.py", tmp_path / "__main__.py")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    _try(tmp_path, found, world, settings, admin_secret)


def _try(folder, project_file, world, settings, admin_secret):
    pulumi = Pulumi(folder)
    pulumi.variables["PULUMI_SKIP_CHECKPOINTS"] = "true"  # as the page recommends
    pulumi.program(project_file)
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
