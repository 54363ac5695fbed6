"""Faults of a stack in containers: each ends in an error of a line or two, or is repaired by the next ``up``."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from tests.support import base_images, docker_daemon
from tests.support.contained_stack import BUILD_SECONDS, ContainedStack
from tests.support.stack_cli import alive, kill, until

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


@pytest.fixture
def fresh(contained: ContainedStack) -> Iterator[ContainedStack]:
    """Another stack of the same project, which is not up."""
    stack = ContainedStack(contained.folder, contained.docker, _PROJECT, stack="test-fresh")
    yield stack
    stack.clean_up()
    assert stack.left() == []


def keys(stack: ContainedStack) -> set[str]:
    """The realm's keys: a realm that was made anew has others."""
    issuer = stack.json("status", code=None)["issuer"]
    return {key["kid"] for key in httpx.get(f"{issuer}/protocol/openid-connect/certs").json()["keys"]}


def works(stack: ContainedStack) -> bool:
    assert stack.json("preview", "--refresh")["changes"] == []
    return all(proof["ok"] for proof in stack.json("verify", "token", "tools")["proofs"])


def made(stack: ContainedStack, name: str) -> bool:
    """Whether a container is there."""
    return stack.docker.attempt("inspect", stack.container(name)).returncode == 0


def error_of(stack: ContainedStack, *arguments: str) -> str:
    """What a command says that fails, which is not much."""
    error = stack.run(*arguments, code=1).stderr.partition("error: ")[2]
    assert len(error.strip().splitlines()) <= 2, error
    return error


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


def test_a_taken_port_is_named_with_who_holds_it(fresh):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        fresh.write(f"  provision:keycloak: {{port: {port}}}\n")
        try:
            assert f"Port {port} is taken by process {os.getpid()} " in error_of(fresh, "up")
        finally:
            fresh.write()
    fresh.run("up")


def test_a_port_that_is_taken_while_the_container_is_away_is_named_too(contained, docker):
    port = int(contained.json("status")["servers"][0]["url"].rpartition(":")[2].partition("/")[0])
    docker.run("rm", "--force", contained.container("calculator"))
    with socket.create_server(("127.0.0.1", port)):
        assert f"Port {port} is taken by process {os.getpid()} " in error_of(contained, "up")
    contained.run("up")
    assert works(contained)


def test_a_base_image_that_is_not_to_be_had_is_an_error_that_names_the_setting(fresh):
    fresh.write(python="127.0.0.1:1/nowhere:1")
    try:
        assert "baseImages" in error_of(fresh, "up")
    finally:
        fresh.write()
    fresh.run("down")
    assert fresh.left() == []


def test_a_build_that_fails_is_told_in_a_few_lines(fresh):
    fresh.write(keycloak=base_images.python(fresh.docker))
    try:
        error = fresh.run("up", code=1).stderr.partition("error: ")[2]
    finally:
        fresh.write()
    assert "opt/keycloak" in error
    assert len(error.splitlines()) < 12
    fresh.run("down")
    assert fresh.left() == []


@contextmanager
def small_daemon() -> Iterator[Docker]:
    """A daemon with a disk of its own of 400 MB."""
    folder = Path(tempfile.mkdtemp(prefix="provision-docker-small-", dir="/tmp"))
    data = folder / "data"
    data.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", data], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        shutil.rmtree(folder)
        pytest.skip("only root may mount a small disk")
    try:
        daemon = docker_daemon.OwnDaemon(folder, data, apart=True)
        with daemon.users():
            yield daemon.client
    finally:
        subprocess.run(["umount", data], check=True)
        shutil.rmtree(folder)


def test_a_full_disk_while_an_image_is_built_is_said(docker, tmp_path):
    name = base_images.python(docker)
    with small_daemon() as small:
        saved = subprocess.Popen(
            ["docker", "save", name], env=docker.full_environment, stdout=subprocess.PIPE
        )
        subprocess.run(
            ["docker", "load"],
            env=small.full_environment,
            stdin=saved.stdout,
            capture_output=True,
            check=True,
        )
        assert saved.wait() == 0
        stack = ContainedStack(tmp_path, docker, f"{_PROJECT}-full")
        stack.environment |= small.environment
        stack.write(keycloak=name, python=name)
        root = Path(small.run("info", "--format", "{{.DockerRootDir}}").strip())
        with (root / "filler").open("wb") as filler:
            fill(filler)
        assert error_of(stack, "up").startswith("The disk is full.")
        (root / "filler").unlink()
        stack.run("down", "--remove")


def fill(file) -> None:
    """Write until the disk is full."""
    try:
        while True:
            file.write(bytes(1 << 20))
            file.flush()
    except OSError:
        return


def test_ctrl_c_while_a_container_starts_leaves_a_state_from_which_up_goes_on(fresh):
    running = fresh.begin("up")
    until(lambda: made(fresh, "keycloak"), "Keycloak is started", BUILD_SECONDS)
    os.kill(running.pid, signal.SIGINT)
    _, error = running.communicate(timeout=150)
    assert running.returncode == 1, error
    assert _INTERRUPTED in error
    fresh.run("up")
    assert works(fresh)


def test_ctrl_c_while_a_container_starts_leaves_a_state_from_which_down_works(fresh):
    running = fresh.begin("up")
    until(lambda: made(fresh, "keycloak"), "Keycloak is started", BUILD_SECONDS)
    os.kill(running.pid, signal.SIGINT)
    running.communicate(timeout=150)
    fresh.run("down")
    assert fresh.left() == []


def test_an_impatient_ctrl_c_ends_a_build_and_the_next_up_goes_on(fresh, docker):
    fresh.write(
        "  provision:registration: {clientIdMetadata: {enabled: true}}\n"
    )  # of which no image is there
    running = fresh.begin("up")
    try:
        until(lambda: "keycloak_build" in docker.run("ps", "--no-trunc"), "the image is being built", 120)
        engine = engine_of(running)
        running.send_signal(signal.SIGINT)
        until(lambda: not alive(engine.pid) or os.kill(engine.pid, signal.SIGINT), "the engine ends", 30)
    finally:
        fresh.write()
    _, error = running.communicate(timeout=150)
    assert running.returncode == 1, error
    assert "Traceback" not in error
    fresh.run("up")
    assert works(fresh)


def engine_of(process: subprocess.Popen[str]) -> psutil.Process:
    return next(child for child in psutil.Process(process.pid).children() if child.name() == "pulumi")


@pytest.mark.parametrize("next_command", ["up", "down"])
def test_what_a_killed_engine_made_is_found_by_the_next_command(fresh, next_command):
    running = fresh.begin("up")
    until(lambda: made(fresh, "keycloak"), "Keycloak is started", BUILD_SECONDS)
    kill(engine_of(running).pid)
    _, error = running.communicate(timeout=150)
    assert running.returncode == 1, error
    assert made(fresh, "keycloak")
    fresh.run(next_command)
    if next_command == "up":
        assert works(fresh)
    else:
        assert fresh.left() == []


def test_a_killed_command_line_loses_nothing(fresh):
    running = fresh.begin("up")
    until(lambda: made(fresh, "keycloak"), "Keycloak is started", BUILD_SECONDS)
    engine = engine_of(running)
    kill(running.pid)
    running.communicate()
    until(lambda: not engine.is_running(), "the engine gives up", 60)
    fresh.run("up")
    assert works(fresh)


def test_an_engine_killed_while_it_replaces_a_container_loses_nothing(contained, docker):
    docker.run("rm", "--force", contained.container("calculator"))
    running = contained.begin("up")
    until(lambda: made(contained, "calculator"), "the container is made anew", 60)
    kill(engine_of(running).pid)
    running.communicate(timeout=150)
    contained.run("up")
    assert works(contained)
