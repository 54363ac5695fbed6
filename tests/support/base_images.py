"""The base images of our images: the official ones, or, without a registry in reach, images made of Debian packages.

Such images are kept in the user's cache folder; the second time takes seconds.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from provision._lib import cache
from provision._lib.errors import ProvisionError
from provision._lib.progress import Silent
from provision.keycloak.version import VERSION
from provision.runtimes.docker import keycloak_image, server_image
from provision.runtimes.process import distribution, java

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.docker_daemon import Docker

_SUITE = "bookworm"
_REGISTRY_SECONDS = 3
_PULL_SECONDS = 300
_RECIPE = 1  # raise this number when the images made here change
# Package indexes may be behind an authority that only this machine trusts.
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_NOT_NEEDED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists")


@dataclass(frozen=True)
class _Base:
    """An image to build on.

    Args:
        official: The official name.
        registry: The address that shows whether the registry is in reach.
        name: The name of the image made here.
        packages: The Debian packages in the image.
        add: Puts the rest into the image's root folder.
        changes: Dockerfile instructions for the image's settings.
    """

    official: str
    registry: str
    name: str
    packages: tuple[str, ...]
    add: Callable[[Path], None]
    changes: tuple[str, ...]


def python(docker: Docker) -> str:
    """Return the name of an image with Python and pip, as a base of the server's image."""
    return _provide(
        _Base(
            official=server_image.BASE,
            registry="https://registry-1.docker.io/v2/",
            name=f"provision-test/python:{_SUITE}-{_RECIPE}",
            packages=("python3", "python3-pip"),
            add=_add_authorities,
            changes=('CMD ["python3"]',),
        ),
        docker,
    )


def keycloak(docker: Docker) -> str:
    """Return the name of an image with Keycloak in the places of the official image."""
    return _provide(
        _Base(
            official=keycloak_image.BASE,
            registry="https://quay.io/v2/",
            name=f"provision-test/keycloak:{VERSION}-{_RECIPE}",
            packages=(),
            add=_add_keycloak,
            changes=("USER 1000", "EXPOSE 8080", 'ENTRYPOINT ["/opt/keycloak/bin/kc.sh"]'),
        ),
        docker,
    )


def _provide(base: _Base, docker: Docker) -> str:
    if docker.has_image(base.official) or _pull(base, docker):
        return base.official
    if not docker.has_image(base.name):
        changes = [argument for change in base.changes for argument in ("--change", change)]
        docker.run("import", *changes, str(_archive(base)), base.name)
    return base.name


def _pull(base: _Base, docker: Docker) -> bool:
    try:
        httpx.get(base.registry, timeout=_REGISTRY_SECONDS)
    except httpx.TransportError:
        return False
    return docker.attempt("pull", "--quiet", base.official, timeout=_PULL_SECONDS).returncode == 0


def _archive(base: _Base) -> Path:
    target = cache.root() / "test-images" / f"{base.name.replace('/', '-').replace(':', '-')}.tar"
    return cache.install(target, lambda fresh: _make(base, fresh), what=base.name, progress=Silent())


def _make(base: _Base, fresh: Path) -> None:
    if not shutil.which("debootstrap"):
        raise ProvisionError(
            f"{base.official} cannot be pulled, and without debootstrap no other can be made.",
            "On Debian: apt-get install debootstrap",
        )
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "root"
        include = [f"--include={','.join(base.packages)}"] if base.packages else []
        _run(["debootstrap", "--variant=minbase", *include, _SUITE, str(root)])
        for name in _NOT_NEEDED:
            shutil.rmtree(root / name, ignore_errors=True)
            (root / name).mkdir(parents=True)
        base.add(root)
        # Device files are the container's own business.
        _run(
            [
                "tar",
                "--create",
                f"--file={fresh}",
                f"--directory={root}",
                "--exclude=./dev/*",
                "--numeric-owner",
                ".",
            ]
        )


def _add_authorities(root: Path) -> None:
    if _AUTHORITIES.exists():
        shutil.copyfile(_AUTHORITIES, root / _AUTHORITIES.relative_to("/"))


def _add_keycloak(root: Path) -> None:
    runtime = java.find()
    home = root / "opt" / "keycloak"
    home.parent.mkdir(exist_ok=True)
    distribution.unpack(home, runtime, Silent())
    (home / "data").mkdir()
    _run(["chown", "-R", "1000:0", str(home)])
    _run(["chmod", "-R", "g+rwX", str(home)])
    with (root / "etc" / "passwd").open("a") as users:
        users.write("keycloak:x:1000:0:keycloak user:/opt/keycloak:/sbin/nologin\n")
    shutil.copytree(runtime.home, root / "usr" / "lib" / "jvm" / "java")
    (root / "usr" / "bin" / "java").symlink_to("../lib/jvm/java/bin/java")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise ProvisionError(f"{command[0]} failed: {lines[-1] if lines else done.returncode}")
