"""The tests' requirements of a machine: declared here, and checked as a whole before any test begins.

``make test`` and ``make conformance`` run this program first. It installs missing Debian packages if it may, and names
the others with the tests that are skipped; then it fetches the Pulumi CLI, Keycloak and Pulumi's YAML language host, once
per user. Continuous integration runs it with ``--packages`` before there is a ``.venv``: the declarations need nothing
but Python itself.

With ``TEST_ALL_REQUIRED`` set nothing is skipped: a missing requirement that cannot be installed ends the run.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provision._lib.progress import Progress

ALL_REQUIRED = "TEST_ALL_REQUIRED"
SETUP, TEST, CONFORMANCE = "setup", "test", "conformance"
BUSYBOX = Path("/bin/busybox")
YAML_HOST_VERSION = "v1.25.0"
_YAML_HOST = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
_REGISTRIES = ("https://registry-1.docker.io/v2/", "https://quay.io/v2/")
_KEYCLOAK_DOWNLOADS = "https://github.com"
_REGISTRY_SECONDS = 3


@dataclass(frozen=True)
class Requirement:
    """A program that tests need, and the packages that contain it.

    Args:
        name: The program's name in messages.
        packages: The Debian packages that contain the program.
        needed_for: The tests that need the program; without it, they are skipped.
        found: Returns whether the machine has the program, or needs none.
        runs: The runs that need the program: ``setup``, ``test``, ``conformance``.
    """

    name: str
    packages: tuple[str, ...]
    needed_for: str
    found: Callable[[], bool]
    runs: tuple[str, ...] = (TEST,)

    @property
    def command(self) -> str:
        """The command that installs the program."""
        return f"apt-get install --no-install-recommends {' '.join(self.packages)}"

    @property
    def complaint(self) -> str:
        """The missing program, the skipped tests, and the command that installs the program."""
        return f"{self.name} is missing. Skipped without it: {self.needed_for}. On Debian: {self.command}"


def _programs(*names: str) -> Callable[[], bool]:
    return lambda: all(map(shutil.which, names))


def _makes_environments() -> bool:
    code = "import venv, ensurepip"
    return subprocess.run(["python3", "-c", code], capture_output=True, check=False).returncode == 0


def _docker_daemon_runs() -> bool:
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def _keycloak_comes_without_maven() -> bool:
    if shutil.which("mvn"):
        return True
    if not importlib.util.find_spec("platformdirs"):
        return False  # there is no .venv yet, so the cache cannot be found
    from provision.runtimes.process import distribution

    return distribution.archive().is_file() or _answers(_KEYCLOAK_DOWNLOADS)


def _busybox_is_static() -> bool:
    """Return whether busybox is static: the plain package has a busybox of the same name that needs a loader."""
    if not BUSYBOX.is_file():
        return False
    with BUSYBOX.open("rb") as file:
        return b"/ld-linux" not in file.read(4096)


def _base_images_come_without_debootstrap() -> bool:
    return bool(shutil.which("debootstrap")) or _base_images_are_made() or all(map(_answers, _REGISTRIES))


def _base_images_are_made() -> bool:
    if not importlib.util.find_spec("platformdirs"):
        return False
    from provision._lib import cache

    return all(any((cache.root() / "test-images").glob(f"*-{kind}-*.tar")) for kind in ("python", "keycloak"))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_REGISTRY_SECONDS):
            return True
    except urllib.error.HTTPError:
        return True  # the registry asks for a login, so it is in reach
    except OSError:
        return False


REQUIREMENTS = (
    Requirement("make", ("make",), "every run", _programs("make"), (SETUP,)),
    Requirement("Python's venv module", ("python3-venv",), "every run", _makes_environments, (SETUP,)),
    Requirement(
        "Maven",
        ("maven",),
        "fetching Keycloak where its download page is out of reach",
        _keycloak_comes_without_maven,
        (TEST, CONFORMANCE),
    ),
    Requirement(
        "Chromium with its driver",
        ("chromium", "chromium-driver"),
        "the logins in a browser and the official MCP client",
        _programs("chromium", "chromedriver"),
        (TEST, CONFORMANCE),
    ),
    Requirement(
        "Docker",
        ("docker.io",),
        "every test with containers",
        lambda: _docker_daemon_runs() or _programs("docker", "dockerd")(),
    ),
    Requirement(
        "iptables",
        ("iptables",),
        "every test with containers, as a Docker daemon of the tests' own needs it",
        lambda: _docker_daemon_runs() or _programs("iptables")(),
    ),
    Requirement(
        "A static busybox",
        ("busybox-static",),
        "the tests of Pulumi's Docker resources in tests/integration/docker",
        _busybox_is_static,
    ),
    Requirement(
        "debootstrap",
        ("debootstrap",),
        "the stacks in containers, whose base images cannot be pulled here",
        _base_images_come_without_debootstrap,
    ),
    Requirement("npm", ("npm",), "the official conformance suite", _programs("npm"), (CONFORMANCE,)),
)


def missing(*runs: str) -> list[Requirement]:
    """Return the requirements of some runs that the machine lacks.

    Args:
        runs: The runs; all by default.
    """
    asked = {*runs} or {SETUP, TEST, CONFORMANCE}
    return [item for item in REQUIREMENTS if asked & {*item.runs} and not item.found()]


def need(name: str) -> None:
    """Skip the test if a requirement is missing, or fail it if nothing may be skipped.

    Args:
        name: The requirement's name.
    """
    import pytest

    (requirement,) = (item for item in REQUIREMENTS if item.name == name)
    if not requirement.found():
        (pytest.fail if os.environ.get(ALL_REQUIRED) else pytest.skip)(requirement.complaint)


def provide(*runs: str) -> list[Requirement]:
    """Install the missing requirements, as far as this user may, and return the ones still missing.

    Args:
        runs: See :func:`missing`.
    """
    lacking = missing(*runs)
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(package for item in lacking for package in item.packages)
        lacking = [item for item in lacking if not item.found()]
    return lacking


def _install(packages: Iterable[str]) -> None:
    names = sorted({*packages})
    sys.stderr.write(f"· installing {' '.join(names)}\n")
    for line in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *names]):
        done = subprocess.run(
            ["apt-get", *line],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.stderr.write(f"· apt-get {line[0]} failed: {done.stderr.strip()[-300:]}\n")
            return


def fetch(*runs: str) -> None:
    """Fetch the Pulumi CLI, a prepared Keycloak, the YAML language host and the container images, with visible progress.

    Args:
        runs: See :func:`missing`.
    """
    from provision.cli.screen import Screen
    from provision.engine.pulumi_cli import find_or_install
    from provision.runtimes.process.preparation import prepare

    with Screen() as screen:
        find_or_install(screen)
        prepare(screen)
        yaml_language_host(screen)
        if TEST in (runs or {TEST}) and not missing(TEST):
            container_images(screen)


def container_images(progress: Progress) -> None:
    """Build the images of a stack in containers: several tests begin with one, and would build the same one side by side."""
    from provision.runtimes.docker import keycloak_image, server_image
    from tests.support import base_images, docker_daemon

    with docker_daemon.running() as docker, tempfile.TemporaryDirectory() as place:
        with progress.step("Getting the containers' base images"):
            python, keycloak = base_images.python(docker), base_images.keycloak(docker)
        for name, write_context, arguments in (
            ("server", server_image.write_context, {"BASE": python}),
            ("keycloak", keycloak_image.write_context, {"BASE": keycloak, "PYTHON": python, "FEATURES": ""}),
        ):
            with progress.step(f"Building the image of the {name} container"):
                context = Path(place) / name
                write_context(context)
                given = [f"--build-arg={key}={value}" for key, value in arguments.items()]
                docker.run("build", "--quiet", *given, str(context), env={"DOCKER_BUILDKIT": "0"})


def yaml_language_host(progress: Progress) -> Path:
    """Return the folder with ``pulumi-language-yaml``, a language host that comes from a registry, unlike Python's."""
    from provision._lib import cache
    from provision._lib.errors import ProvisionError
    from provision.engine.pulumi_cli import go_executable

    if found := shutil.which("pulumi-language-yaml"):
        return Path(found).parent

    def build(folder: Path) -> None:
        folder.mkdir()
        (folder / "go.mod").write_text("module tool\n\ngo 1.25\n")
        with (
            tempfile.TemporaryDirectory() as place,
            progress.step("Building Pulumi's YAML language host") as step,
        ):
            go = str(go_executable(Path(place), progress))
            for line in (
                [go, "get", "-tool", f"{_YAML_HOST}@{YAML_HOST_VERSION}"],
                [go, "build", "-ldflags", "-s -w", "-o", "pulumi-language-yaml", _YAML_HOST],
            ):
                step.note(" ".join(line[1:3]))
                done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    raise ProvisionError(
                        f"The YAML language host could not be built: {done.stderr.strip()[-300:]}"
                    )

    target = cache.root() / "pulumi-language-yaml" / YAML_HOST_VERSION
    return cache.install(
        target,
        build,
        what="Pulumi's YAML language host",
        progress=progress,
        valid=lambda folder: (folder / "pulumi-language-yaml").is_file(),
    )


def main(arguments: list[str] | None = None) -> int:
    """Provide the requirements of some runs, and print the skipped tests; fail if nothing may be skipped."""
    parser = argparse.ArgumentParser(description="Provide what the tests need.")
    parser.add_argument("runs", nargs="*", help=f"{SETUP}, {TEST} or {CONFORMANCE}; left out, all of them")
    parser.add_argument("--packages", action="store_true", help="the Debian packages only")
    options = parser.parse_args(arguments)
    lacking = provide(*options.runs)
    for item in lacking:
        sys.stderr.write(f"· {item.complaint}\n")
    if lacking and os.environ.get(ALL_REQUIRED):
        sys.stderr.write(f"error: {ALL_REQUIRED} is set, so nothing may be skipped.\n")
        return 1
    if not options.packages:
        from provision._lib.errors import ProvisionError

        try:
            fetch(*options.runs)
        except ProvisionError as error:
            sys.stderr.write(f"error: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
