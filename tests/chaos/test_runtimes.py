"""One stack, from processes into containers and back, by ``provision`` and by plain Pulumi."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.support.contained_stack import BUILD_SECONDS, ContainedStack
from tests.support.pulumi_shell import PulumiShell

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(BUILD_SECONDS)
_NOTHING_CHANGES = "--expect-no-changes"
_REFUSED = "its file says `runtime: {}`"


@pytest.fixture
def moving(docker, tmp_path) -> Iterator[ContainedStack]:
    stack = ContainedStack(tmp_path, docker, f"provision-moving-{secrets.token_hex(3)}", runtime="process")
    yield stack
    stack.clean_up()
    assert stack.left() == []


def declared(stack: ContainedStack) -> dict:
    """What follows from the file alone, wherever the stack runs."""
    shown = stack.json("status")
    return {
        "realm": shown["realm"],
        "clients": shown["clients"],
        "scopes": [server["scopes"] for server in shown["servers"]],
    }


def test_a_stack_moves_into_containers_and_back_by_down_and_up_only(moving):
    moving.run("up")
    before, shell = declared(moving), PulumiShell(moving)
    for here, there in (("process", "docker"), ("docker", "process")):
        pids = moving.processes()
        moving.write(runtime=there)
        for command in ("preview", "up"):
            error = moving.run(command, code=1).stderr
            assert _REFUSED.format(there) in error
            assert "provision down" in error
        assert _REFUSED.format(there) in shell.pulumi("preview", code=1)
        assert _REFUSED.format(there) in shell.pulumi("up", "--yes", "--skip-preview", code=1)
        assert moving.processes() == pids, f"what runs in {here} goes on"
        moving.run("down")
        assert moving.left() == []
        moving.run("up")
        assert declared(moving) == before
        assert all(proof["ok"] for proof in moving.json("verify")["proofs"])


def test_pulumi_and_provision_take_turns_on_a_stack_in_containers_that_auto_chose(moving):
    moving.write(runtime="auto")
    shell = PulumiShell(moving)
    shell.pulumi("stack", "init", "test")
    assert "auto takes containers" in shell.pulumi("preview")
    assert moving.left() == []
    shell.pulumi("up", "--yes", "--skip-preview")
    assert shell.outputs()["runtime"] == "docker"
    assert all(proof["ok"] for proof in moving.json("verify", "token", "tools")["proofs"])
    assert "auto stays with docker" in shell.pulumi("up", "--yes", "--skip-preview", _NOTHING_CHANGES)
    shell.pulumi("refresh", "--yes", "--skip-preview", _NOTHING_CHANGES)
    assert moving.json("preview", "--refresh")["changes"] == []

    moving.docker.run("rm", "--force", moving.container("calculator"))
    shell.pulumi("up", "--yes", "--skip-preview", "--refresh")
    assert "nothing to do" in moving.run("up").stderr
    moving.run("down")
    assert moving.left() == []
    moving.run("up")
    shell.pulumi("preview", _NOTHING_CHANGES)
    shell.pulumi("destroy", "--yes", "--skip-preview")
    assert moving.left() == []
