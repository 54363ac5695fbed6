"""Times the commands of a stack in containers, beside what a user would do with Docker alone, in one run on one machine.

``make bench-docker`` prints a table and writes ``benchmarks/results/docker.json``. Images are built before; ``down`` takes
them away, so a cold ``up`` puts them together again of what the builder kept. The bases have a layer of their own, lest
the images of a test be those of the benchmark. The baseline is a ``start-dev`` Keycloak of the base image, the tutorial's
steps by a python-keycloak script, and the reference server, both by ``docker run``; its images stay where they are.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import baseline
from benchmarks.timing import Figures, run
from provision.runtimes.docker import server_image
from provision.runtimes.docker.daemon import PLUGIN_VERSION
from provision.runtimes.process import ports
from tests.support import base_images, docker_daemon
from tests.support.contained_stack import ContainedStack, uses_stand_in
from tests.support.stack_cli import PROVISION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.docker_daemon import Docker

GOALS = {"up, cold": 12.0, "up, nothing to do": 2.0, "preview": 2.0, "down": 4.0}
_SERVER_PORT = 3000
_REALM = "by-python"


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--runs", type=int, default=5, help="runs of each command (default 5)")
    parser.add_argument("--baseline-runs", type=int, default=2, help="runs of the baseline (default 2)")
    options = parser.parse_args()
    figures = Figures(GOALS)
    with ExitStack() as stack:
        docker = stack.enter_context(docker_daemon.running())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="provision-bench-")))
        bases = {
            "keycloak": _own_layer(docker, base_images.keycloak(docker), stack),
            "python": _own_layer(docker, base_images.python(docker), stack),
        }
        _ours(figures, options.runs, ContainedStack(folder / "stack", docker, bases=bases))
        image = _server_image(docker, folder, bases["python"], stack)
        for number in range(options.baseline_runs):
            Baseline(docker, folder / f"baseline-{number}", figures).measure(bases["keycloak"], image)
        load = os.getloadavg()[2]
        version = docker.run("version", "--format={{.Server.Version}}").strip()
    stand_in = "a stand-in for Pulumi's (tests/support/docker_plugin)"
    told = {
        "docker": version,
        "plugin": stand_in if uses_stand_in() else f"pulumi-docker {PLUGIN_VERSION}",
        "bases": bases,
        "load of the last 15 minutes": round(load, 1),
    }
    figures.write("docker.json", told)
    figures.show()


def _own_layer(docker: Docker, base: str, stack: ExitStack) -> str:
    """A copy of a base that no other image is built on."""
    name = f"provision-bench/{base.rpartition('/')[2].replace(':', '-')}:1"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(f"FROM {base}\nLABEL provision.benchmark={name}\n")
        docker.run("build", f"--tag={name}", folder, env={"DOCKER_BUILDKIT": "0"})
    stack.callback(docker.run, "image", "rm", name)
    return name


def _ours(figures: Figures, runs: int, stack: ContainedStack) -> None:
    environment = dict(stack.variables)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps its compiled files

    def command(name: str) -> Callable[[], None]:
        return partial(run, [str(PROVISION), "-s", stack.stack, "-C", str(stack.project), name], environment)

    try:
        for name in ("up", "verify", "down"):  # builds what is not built; not counted
            command(name)()
        for _ in range(runs):
            figures.yardstick()
            figures.time("up, cold", command("up"))
            figures.time("up, nothing to do", command("up"))
            figures.time("preview", command("preview"))
            figures.time("down", command("down"))
    finally:
        stack.clean_up()


def _server_image(docker: Docker, folder: Path, base: str, stack: ExitStack) -> str:
    name = "provision-bench/server:1"
    server_image.write_context(folder / "context")
    docker.run(
        "build",
        f"--tag={name}",
        f"--build-arg=BASE={base}",
        str(folder / "context"),
        env={"DOCKER_BUILDKIT": "0"},
    )
    stack.callback(docker.run, "image", "rm", name)
    return name


class Baseline:
    """Keycloak and the server by ``docker run``, and the realm by a script.

    Args:
        docker: The daemon.
        folder: A folder for the files of the server; it does not exist yet.
        figures: Where to note what takes how long.
    """

    def __init__(self, docker: Docker, folder: Path, figures: Figures) -> None:
        self._docker = docker
        self._figures = figures
        self._files = folder / "files"
        self._files.mkdir(parents=True)
        self._secret_file = folder / "secret"
        self._secret_file.write_text(secrets.token_urlsafe(24))
        self._name = f"provision-bench-{secrets.token_hex(3)}"
        self._keycloak_port, self._server_port = ports.pick_free(), ports.pick_free()

    @property
    def _url(self) -> str:
        return f"http://localhost:{self._keycloak_port}"

    @property
    def _server_url(self) -> str:
        return f"http://localhost:{self._server_port}"

    def measure(self, keycloak: str, server: str) -> None:
        """Set it up and take it down again.

        Args:
            keycloak: The image of Keycloak as shipped.
            server: The image of the reference server.
        """
        self._write_settings()
        steps = {
            "baseline: start-dev in a container, until a token": lambda: self._start_keycloak(keycloak),
            "baseline: python-keycloak script": self._make_realm,
            "baseline: server in a container, until it answers": lambda: self._start_server(server),
        }
        try:
            self._docker.run("network", "create", self._name)
            seconds = [self._figures.time(name, step) for name, step in steps.items()]
            self._figures.note("baseline: all three", sum(seconds))
        finally:
            self._figures.time("baseline: docker rm --force of both", self._remove)
            self._docker.run("network", "rm", self._name)

    def _start_keycloak(self, image: str) -> None:
        self._run(
            "keycloak",
            (f"--publish=127.0.0.1:{self._keycloak_port}:8080", "--env=KC_RUN_IN_CONTAINER=true"),
            ("--env=KC_BOOTSTRAP_ADMIN_CLIENT_ID", "--env=KC_BOOTSTRAP_ADMIN_CLIENT_SECRET"),
            (image, "start-dev", f"--hostname={self._url}", "--hostname-backchannel-dynamic=true"),
        )
        baseline.until_token(self._url, self._secret_file.read_text(), partial(self._runs, "keycloak"))

    def _make_realm(self) -> None:
        run(
            baseline.python_keycloak(
                self._url,
                self._secret_file,
                f"--server-url={self._server_url}/mcp",
                f"--introspection-secret-file={self._files / 'introspection-secret'}",
            ),
            os.environ,
        )

    def _start_server(self, image: str) -> None:
        self._run(
            "server",
            (f"--publish=127.0.0.1:{self._server_port}:{_SERVER_PORT}", f"--user={os.getuid()}"),
            (f"--volume={self._files}:{server_image.FOLDER}:ro", image),
        )
        baseline.until_answer(f"{self._server_url}/health/ready", partial(self._runs, "server"))

    def _run(self, name: str, *arguments: tuple[str, ...]) -> None:
        environment = {
            "KC_BOOTSTRAP_ADMIN_CLIENT_ID": baseline.ADMIN,
            "KC_BOOTSTRAP_ADMIN_CLIENT_SECRET": self._secret_file.read_text(),
        }
        flat = [argument for group in arguments for argument in group]
        place = (f"--name={self._name}-{name}", f"--network={self._name}", f"--network-alias={name}")
        self._docker.run("run", "--detach", *place, *flat, env=environment)

    def _runs(self, name: str) -> bool:
        return self._docker.run("inspect", "--format={{.State.Running}}", f"{self._name}-{name}") == "true\n"

    def _remove(self) -> None:
        self._docker.attempt("rm", "--force", "--volumes", f"{self._name}-keycloak", f"{self._name}-server")

    def _write_settings(self) -> None:
        inside = f"http://keycloak:8080/realms/{_REALM}/protocol/openid-connect"
        settings = {
            "name": "baseline",
            "host": "0.0.0.0",
            "port": _SERVER_PORT,
            "tls_terminated_by_proxy": True,
            "url": f"{self._server_url}/mcp",
            "issuer": f"{self._url}/realms/{_REALM}",
            "verifier": "introspection",
            "introspection_url": f"{inside}/token/introspect",
            "introspection_client_id": "mcp-server",
            "introspection_client_secret_file": server_image.SECRET,
        }
        secret = self._files / "introspection-secret"
        secret.write_text(secrets.token_urlsafe(24))
        secret.chmod(0o400)
        (self._files / "settings.json").write_text(json.dumps(settings))


if __name__ == "__main__":
    main()
