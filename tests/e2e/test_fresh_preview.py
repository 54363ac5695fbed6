"""A preview before the first up, of a stack on a Keycloak that somebody else runs: it is true, and makes nothing."""

from __future__ import annotations

import pytest
import yaml

from provision.runtimes.process import ports
from tests.conftest import ADMIN
from tests.support.stack_cli import StackCli

_REALM = "fresh-preview"
_FILE = """\
config:
  provision:profile: test
  provision:runtime: external
  provision:keycloak: {{url: "{url}", adminClientId: {admin}}}
  provision:realm: {{name: {realm}}}
  provision:server: {{name: svc, port: {port}}}
"""
_OBJECTS = [
    {"type": "RealmRole", "name": "A", "realmComposites": ["B"]},
    {"type": "RealmRole", "name": "B", "realmComposites": ["A"]},
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory, live_keycloak, admin_secret):
    stack = StackCli(tmp_path_factory.mktemp("fresh"), stack="fresh")
    _file(stack).write_text(
        _FILE.format(url=live_keycloak.url, admin=ADMIN, realm=_REALM, port=ports.pick_free())
    )
    stack.run("secret", "set", "adminClientSecret", stdin=f"{admin_secret}\n")
    yield stack
    stack.clean_up()


def _file(stack):
    return stack.project / "Pulumi.fresh.yaml"


def test_a_preview_before_the_first_up_shows_all_that_it_would_make(stack, session):
    changes = stack.json("preview")["changes"]
    assert {"realm", "mcp:tools-audience", "svc-introspection"} <= {change["name"] for change in changes}
    assert {change["op"] for change in changes} == {"create"}
    assert session.get(_REALM) is None


@pytest.mark.parametrize("command", ["preview", "up"])
def test_new_roles_that_contain_each_other_are_refused_before_anything_is_made(stack, session, command):
    good = _file(stack).read_text()
    document = yaml.safe_load(good)
    document["config"]["provision:objects"] = _OBJECTS
    _file(stack).write_text(yaml.safe_dump(document))
    try:
        said = stack.run(command, code=2).stderr
    finally:
        _file(stack).write_text(good)
    assert "RealmRole/B needs RealmRole/A needs RealmRole/B: none of them can be made first" in said
    assert session.get(_REALM) is None
