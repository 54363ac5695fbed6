"""A stack that moves from processes into containers and back: its logins, users and keys come along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.verify.context import Context, Run
from provision.verify.logins import logins
from tests.support.backups import admin_api, key_file, key_ids, login_goes_on
from tests.support.contained_stack import BUILD_SECONDS, ContainedStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.docker_daemon import Docker

pytestmark = pytest.mark.timeout(2 * BUILD_SECONDS)


@pytest.fixture
def stack(docker: Docker, tmp_path: Path) -> Iterator[ContainedStack]:
    """A stack of processes that is up."""
    stack = ContainedStack(tmp_path, docker)
    _write(stack, "process")
    try:
        stack.run("up")
        yield stack
        stack.run("down", "--remove")
        assert stack.left() == []
    finally:
        stack.throw_away()


def test_a_stack_moves_into_containers_and_back(stack, tmp_path):
    key, first, second = key_file(tmp_path), str(tmp_path / "first.age"), str(tmp_path / "second.age")
    status = stack.json("status", "--show-secrets")
    run = Run(stack.target())
    (login, *_) = logins(Context(run))  # the run is not ended, so the client and its session stay
    run.connections.close()
    admin_api(status).post(status["realm"], "users", body={"username": "added-by-hand"})
    before = _lasting(stack)

    stack.run("backup", first, *key)
    _move(stack, "docker", first, *key)
    assert stack.running() == {"keycloak", "calculator"}
    login = login_goes_on(status, login)
    assert _is_as_declared(stack)
    assert _lasting(stack) == before

    done = stack.run("backup", second, *key)
    assert "Keycloak was away for" in done.stderr
    login = login_goes_on(status, login)
    assert _is_as_declared(stack)

    _move(stack, "process", second, *key)
    login_goes_on(status, login)
    assert _is_as_declared(stack)
    assert _lasting(stack) == before


def _move(stack: ContainedStack, runtime: str, *backup: str) -> None:
    stack.run("down", "--remove")
    assert stack.left() == []
    _write(stack, runtime)
    stack.run("restore", *backup)


def _write(stack: ContainedStack, runtime: str) -> None:
    # Data finds its service account whatever that is called.
    stack.write(f"  provision:keycloak: {{adminClientId: admin-of-{runtime}}}\n", runtime=runtime)
    stack.change_config("{name: mcp-test}", "{name: mcp-test, accessTokenLifespan: 900}")


def _is_as_declared(stack: ContainedStack) -> bool:
    assert stack.json("preview", "--refresh")["changes"] == []
    return stack.json("drift") == {"changes": [], "added": []}


def _lasting(stack: ContainedStack) -> tuple[set[str], set[str]]:
    """Return the names of the realm's users and the ids of its keys."""
    status = stack.json("status", "--show-secrets")
    users = admin_api(status).get(status["realm"], "users")
    return {user["username"] for user in users}, key_ids(status)
