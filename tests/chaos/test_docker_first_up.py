"""Faults and interruptions of the first ``up`` of a stack in containers: it says what is wrong, and the next one goes on."""

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

import pytest

from tests.support import base_images, docker_daemon
from tests.support.contained_stack import BUILD_SECONDS, ContainedStack, engine_of, error_of, made, works
from tests.support.stack_cli import alive, kill, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.docker_daemon import Docker

pytestmark = pytest.mark.timeout(BUILD_SECONDS)
_PROJECT = f"provision-first-{secrets.token_hex(3)}"
_INTERRUPTED = "Stopped. What was made so far is recorded."


@pytest.fixture(scope="module")
def contained(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainedStack]:
    """A stack that is up, so that the layers of the images are there."""
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


def test_a_taken_port_is_named_with_who_holds_it(fresh):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        fresh.write(f"  provision:keycloak: {{port: {port}}}\n")
        try:
            assert f"Port {port} is taken by process {os.getpid()} " in error_of(fresh, "up")
        finally:
            fresh.write()
    fresh.run("up")


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
    assert running.returncode == 130, error
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
    assert running.returncode == 130, error
    assert "Traceback" not in error
    fresh.run("up")
    assert works(fresh)


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
