"""What a stack's containers are asked and told, on a real daemon with containers of a tiny image."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision._lib.errors import ProvisionError
from provision.runtimes.docker import containers, published
from provision.runtimes.docker.containers import FILES_LABEL, LABEL, MARK_LABEL, Recorded, Stack
from tests.support.docker_daemon import OwnDaemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.docker_daemon import Docker

_SLEEP = ("sleep", "600")


@pytest.fixture
def stack(docker: Docker) -> Iterator[Stack]:
    stack = Stack(f"unit-{secrets.token_hex(4)}", secrets.token_hex(8))
    yield stack
    containers.remove_all(stack)


def labels(stack: Stack, *more: str) -> list[str]:
    names = (f"{LABEL}={stack.name}", f"{MARK_LABEL}={stack.mark}", *more)
    return [word for name in names for word in ("--label", name)]


def run(docker: Docker, stack: Stack, image: str, *options: str, command=_SLEEP, name: str = "a") -> str:
    """Start a container of the stack; its id."""
    named = ("--name", f"{stack.name}-{name}", *labels(stack, f"{FILES_LABEL}=f"))
    return docker.run("run", "--detach", *named, *options, image, *command).strip()


def recorded(**ids: str) -> Recorded:
    return Recorded(ids=frozenset(ids.values()), running={identity: name for name, identity in ids.items()})


def health(command: str) -> tuple[str, ...]:
    return ("--health-cmd", command, "--health-interval", "200ms", "--health-retries", "2")


def test_one_that_runs_is_well_and_one_that_does_not_is_named(docker, stack, image):
    runs, ended = run(docker, stack, image), run(docker, stack, image, command=("true",), name="b")
    docker.run("wait", ended)
    known = recorded(a=runs, b=ended, c="0" * 64)
    assert containers.needs_update(stack, known, repair=False) == {"b": "does not run", "c": "was removed"}
    assert containers.needs_update(stack, known, repair=True) == {"b": "does not run", "c": "was removed"}
    assert docker.attempt("inspect", ended).returncode != 0
    assert docker.attempt("inspect", runs).returncode == 0


def test_one_that_is_unhealthy_is_named_and_removed(docker, stack, image):
    sick = run(docker, stack, image, *health("test -e /nothing"))
    assert containers.needs_update(stack, recorded(a=sick), repair=True) == {"a": "is unhealthy"}
    assert docker.attempt("inspect", sick).returncode != 0


def test_one_that_is_starting_is_waited_for(docker, stack, image):
    starting = run(docker, stack, image, *health("sleep 1"))
    assert containers.needs_update(stack, recorded(a=starting), repair=True) == {}
    shown = docker.run("inspect", "--format", "{{.State.Health.Status}}", starting)
    assert shown.strip() == "healthy"


def test_what_no_state_knows_is_removed_and_what_is_not_ours_is_not(docker, stack, image):
    known, other = run(docker, stack, image), Stack(stack.name, secrets.token_hex(8))
    run(docker, stack, image, name="left")
    network = docker.run("network", "create", *labels(stack), f"{stack.name}-net").strip()
    theirs = run(docker, other, image, name="theirs")
    try:
        assert containers.remove_strangers(stack, recorded(a=known)) == ["left", "network"]
        assert containers.remove_strangers(stack, recorded(a=known)) == []
        for identity, there in ((known, True), (theirs, True), (network, False)):
            assert (docker.attempt("inspect", identity).returncode == 0) is there
        with pytest.raises(ProvisionError, match="containers of another stack"):
            containers.refuse_foreign(stack.name, stack.mark)
    finally:
        containers.remove_all(other)
    containers.refuse_foreign(stack.name, stack.mark)


def test_everything_of_a_stack_goes_and_an_image_in_use_stays(docker, stack, image, tmp_path):
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nLABEL {LABEL}={stack.name}\n")
    tag = f"{stack.name}:1"
    docker.run("build", "--quiet", "--tag", tag, str(tmp_path), env={"DOCKER_BUILDKIT": "0"})
    other = Stack(stack.name, secrets.token_hex(8))
    theirs = run(docker, other, tag, name="theirs")
    docker.run("volume", "create", *labels(stack), f"{stack.name}-data")
    run(docker, stack, tag, "--volume", f"{stack.name}-data:/data")
    containers.remove_all(stack)
    assert docker.has_image(tag)
    assert docker.attempt("inspect", theirs).returncode == 0
    assert docker.attempt("volume", "inspect", f"{stack.name}-data").returncode != 0
    containers.remove_all(other)
    assert not docker.has_image(tag)


def test_a_published_port_names_its_container_unless_that_is_ours(docker, stack, image):
    name = f"other-{secrets.token_hex(4)}"
    docker.run("run", "--detach", "--name", name, "--publish", "127.0.0.1::80", image, *_SLEEP)
    try:
        port = int(docker.run("port", name, "80").rpartition(":")[2])
        with pytest.raises(ProvisionError, match=f"Port {port} is taken by container {name}"):
            published.ensure_free(port)
    finally:
        docker.run("rm", "--force", name)
    published.ensure_free(port)
    run(docker, stack, image, "--publish", f"127.0.0.1:{port}:80")
    published.ensure_free(port)


@pytest.fixture
def own(monkeypatch) -> Iterator[OwnDaemon]:
    """A daemon of the test's own."""
    folder = Path(tempfile.mkdtemp(prefix="provision-docker-", dir="/tmp"))
    daemon = OwnDaemon(folder, folder / "data", apart=True)
    monkeypatch.setenv("DOCKER_HOST", daemon.client.host)
    with daemon.users():
        yield daemon
    shutil.rmtree(folder)


def test_after_a_restart_of_the_daemon_its_containers_are_waited_for(docker, image, request):
    saved = subprocess.run(
        ["docker", "save", image], env=docker.full_environment, capture_output=True, check=True
    )
    own: OwnDaemon = request.getfixturevalue("own")
    subprocess.run(
        ["docker", "load"],
        env=own.client.full_environment,
        input=saved.stdout,
        capture_output=True,
        check=True,
    )
    stack = Stack("restarted", "0a")
    options = ("--network", "none", "--restart", "unless-stopped", *health("true"))
    known = recorded(a=run(own.client, stack, image, *options))
    stopped = run(own.client, stack, image, *options, name="b")
    own.client.run("stop", "--time", "0", stopped)
    own.restart()
    assert containers.needs_update(stack, known, repair=True) == {}
    assert containers.needs_update(stack, recorded(b=stopped), repair=False) == {"b": "does not run"}
    own._stop()
    with pytest.raises(ProvisionError, match=r"The Docker daemon at unix:///tmp/\S+ does not answer\."):
        containers.needs_update(stack, known, repair=True)
    own._start()
    containers.remove_all(stack)
