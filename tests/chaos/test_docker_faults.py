"""Faults of a stack in containers: each ends in an error of a line or two, or is repaired by the next ``up``."""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.contained_stack import BUILD_SECONDS, ContainedStack, engine_of, error_of, made, works
from tests.support.stack_cli import kill, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.docker_daemon import Docker

pytestmark = pytest.mark.timeout(BUILD_SECONDS)
_PROJECT = f"provision-faults-{secrets.token_hex(3)}"
_INTERRUPTED = "Stopped. What was made so far is recorded."


@pytest.fixture(scope="module")
def contained(docker: Docker, tmp_path_factory) -> Iterator[ContainedStack]:
    """A stack that is up; each test leaves it so."""
    stack = ContainedStack(tmp_path_factory.mktemp("contained"), docker, _PROJECT)
    stack.run("up")
    yield stack
    stack.clean_up()


def keys(stack: ContainedStack) -> set[str]:
    """The realm's keys: a realm that was made anew has others."""
    issuer = stack.json("status", code=None)["issuer"]
    return {key["kid"] for key in httpx.get(f"{issuer}/protocol/openid-connect/certs").json()["keys"]}


@pytest.mark.parametrize(
    ("harm", "name", "state"),
    [
        (("kill",), "keycloak", "exited"),
        (("stop",), "keycloak", "exited"),
        (("rm", "--force"), "keycloak", "removed"),
        (("rm", "--force"), "calculator", "removed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_what_somebody_stopped_or_removed_comes_back_with_the_next_up(contained, docker, harm, name, state):
    before, kept = contained.json("status"), keys(contained)
    docker.run(*harm, contained.container(name))
    told = {item["name"]: item for item in contained.json("status", code=1)["processes"]}
    assert (told[name]["pid"], told[name]["state"]) == (None, state)
    assert f"container {name} " in contained.run("preview").stderr
    contained.run("up")
    assert works(contained)
    after = contained.json("status")
    assert {**after, "processes": []} == {**before, "processes": []}
    assert keys(contained) == kept, "the data is kept"


def test_a_removed_container_has_no_log(contained, docker):
    docker.run("rm", "--force", contained.container("calculator"))
    assert "was removed, and its log with it" in error_of(contained, "logs", "calculator")
    contained.run("up")
    assert contained.run("logs", "calculator").stdout


def test_the_audit_lines_of_a_server_in_a_container_are_found(contained):
    contained.run("verify", "tools")
    entries = contained.json("logs", "--audit", "--decision", "allowed")["audit"]
    assert {"calculator"} == {entry["server"] for entry in entries}
    assert "tool_call" in {entry["event"] for entry in entries}
    assert "There is no audit trail of keycloak" in error_of(contained, "logs", "--audit", "keycloak")


def test_data_that_was_removed_is_made_anew(contained, docker):
    lost = keys(contained)
    docker.run("rm", "--force", contained.container("keycloak"))
    docker.run("volume", "rm", contained.container("keycloak-data"))
    contained.run("up")
    assert works(contained)
    assert not lost & keys(contained)


def test_up_waits_for_containers_that_the_daemon_is_starting(contained, docker):
    docker.run("restart", contained.container("keycloak"), contained.container("calculator"))
    assert "nothing to do" in contained.run("up").stderr
    states = {
        item["State"]["Health"]["Status"]
        for item in contained.containers().values()
        if item["State"]["Running"]
    }
    assert states == {"healthy"}
    assert works(contained)


@pytest.mark.parametrize("command", ["up", "preview", "down", "status", "logs"])
def test_without_the_daemon_every_command_says_so(contained, command):
    stack = ContainedStack(contained.folder, contained.docker, _PROJECT)
    stack.environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    error = error_of(stack, command)
    assert (
        "The stack runs in containers. The Docker daemon at unix:///nowhere/docker.sock does not answer."
        in error
    )


def test_auto_stays_in_containers_and_needs_the_daemon(contained):
    contained.write(runtime="auto")
    try:
        assert "auto stays with docker" in contained.run("up").stderr
        stack = ContainedStack(contained.folder, contained.docker, _PROJECT, runtime="auto")
        stack.environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
        assert "does not answer" in error_of(stack, "up")
    finally:
        contained.write()


def test_two_commands_on_one_stack_do_not_collide(contained, docker):
    docker.run("rm", "--force", contained.container("keycloak"))
    first = contained.begin("up")
    until(lambda: made(contained, "keycloak"), "the first one works", 60)
    assert "Another command is working on stack test" in error_of(contained, "up")
    _, shown = first.communicate(timeout=150)
    assert first.returncode == 0, shown
    assert works(contained)


def test_a_stack_of_the_same_name_is_not_touched(contained, docker, tmp_path):
    there = contained.of_it("ps")
    other = ContainedStack(tmp_path, docker, _PROJECT)
    assert f"There are containers of another stack {_PROJECT}-test" in error_of(other, "up")
    other.clean_up()
    assert contained.of_it("ps") == there


def test_a_port_that_is_taken_while_the_container_is_away_is_named_too(contained, docker):
    port = int(contained.json("status")["servers"][0]["url"].rpartition(":")[2].partition("/")[0])
    docker.run("rm", "--force", contained.container("calculator"))
    with socket.create_server(("127.0.0.1", port)):
        assert f"Port {port} is taken by process {os.getpid()} " in error_of(contained, "up")
    contained.run("up")
    assert works(contained)


def test_an_engine_killed_while_it_replaces_a_container_loses_nothing(contained, docker):
    docker.run("rm", "--force", contained.container("calculator"))
    running = contained.begin("up")
    until(lambda: made(contained, "calculator"), "the container is made anew", 60)
    kill(engine_of(running).pid)
    running.communicate(timeout=150)
    contained.run("up")
    assert works(contained)
