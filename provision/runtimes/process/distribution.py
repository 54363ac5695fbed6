"""Keycloak's distribution: where to get it, and the one version and checksum that the toolkit accepts."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib import cache, run_program
from provision._lib.errors import ProvisionError
from provision.keycloak.version import SHA256, VERSION

if TYPE_CHECKING:
    from provision._lib.progress import Progress
    from provision.runtimes.process.java import Java

URL = f"https://github.com/keycloak/keycloak/releases/download/{VERSION}/keycloak-{VERSION}.zip"
VARIABLE = "PROVISION_KEYCLOAK_HOME"
ARTIFACT = "org.keycloak:keycloak-quarkus-dist:{version}:zip"


def override() -> Path | None:
    """Return the folder of the user's own unpacked Keycloak, or None if the user has set no folder.

    Raises:
        ProvisionError: The folder holds no Keycloak, or another version of Keycloak.
    """
    value = os.environ.get(VARIABLE)
    if not value:
        return None
    folder = Path(value).expanduser().absolute()
    version = folder / "version.txt"
    if not version.is_file():
        raise ProvisionError(f"There is no Keycloak in {folder}.", f"Correct or unset {VARIABLE}.")
    if VERSION not in version.read_text(encoding="utf-8"):
        raise ProvisionError(
            f"{folder} holds “{version.read_text(encoding='utf-8').strip()}”; this toolkit works with {VERSION}.",
            f"Unpack Keycloak {VERSION} there, or unset {VARIABLE}.",
        )
    return folder


def archive() -> Path:
    """Return the path of the distribution's zip in the cache, where a user may also put the zip by hand."""
    return cache.root() / "downloads" / f"keycloak-{VERSION}.zip"


def unpack(folder: Path, java: Java, progress: Progress) -> None:
    """Unpack Keycloak into a folder that does not exist yet, after fetching the distribution if necessary.

    Raises:
        ProvisionError: Keycloak could not be fetched; the error names what to install or where to put the zip.
    """
    import tempfile
    import zipfile

    own = override()
    if own:
        with progress.step(f"Copying Keycloak from {own}"):
            shutil.copytree(own, folder, ignore=shutil.ignore_patterns("data"))
        return
    zipped = _obtain(java, progress)
    if cache.checksum(zipped, "sha256") != SHA256:
        raise ProvisionError(
            f"{zipped} is not the official zip of Keycloak {VERSION}: its checksum is wrong.",
            "Remove it, and it is fetched; or put the official zip in its place.",
        )
    with (
        progress.step(f"Unpacking Keycloak {VERSION}"),
        tempfile.TemporaryDirectory(dir=folder.parent) as place,
    ):
        with zipfile.ZipFile(zipped) as file:
            file.extractall(place)
        (Path(place) / f"keycloak-{VERSION}").rename(folder)
    (folder / "bin" / "kc.sh").chmod(0o755)


def _obtain(java: Java, progress: Progress) -> Path:
    return cache.install(
        archive(), lambda fresh: _fetch(fresh, java, progress), what=f"Keycloak {VERSION}", progress=progress
    )


def _fetch(fresh: Path, java: Java, progress: Progress) -> None:
    what = f"Keycloak {VERSION}"
    with suppress(ProvisionError):
        # The name is the same each time, so that the next run resumes a download that was cut short.
        download = archive().with_name(f"{archive().name}.download")
        cache.download(URL, download, what=what, progress=progress, sha256=SHA256)
        download.replace(fresh)
        return
    problem = by_maven(VERSION, fresh, java, progress)
    if problem:
        raise ProvisionError(
            f"{what} could not be fetched: GitHub is out of reach, and {problem}.",
            f"Install Maven (apt-get install maven), or put the release's zip at {archive()}.",
        )
    if cache.checksum(fresh, "sha256") != SHA256:
        fresh.unlink()
        raise ProvisionError(
            f"The checksum of {what} is wrong.", f"Put the official zip of the release at {archive()}."
        )


def by_maven(version: str, fresh: Path, java: Java, progress: Progress) -> str:
    """Fetch the distribution of a version with Maven; return what went wrong, or an empty string."""
    import tempfile

    maven = shutil.which("mvn")
    if maven is None:
        return "Maven is not installed"
    with tempfile.TemporaryDirectory(dir=fresh.parent) as repository:
        command = [
            maven,
            "-B",
            "dependency:get",
            f"-Dartifact={ARTIFACT.format(version=version)}",
            "-Dtransitive=false",
            f"-Dmaven.repo.local={repository}",
        ]
        environment = dict(os.environ)
        if not shutil.which("java"):
            environment["JAVA_HOME"] = str(java.home)
        with progress.step(f"Fetching Keycloak {version} with Maven") as step:

            def show(line: str) -> None:
                if named := re.search(r"[\w.-]+\.(?:zip|jar|pom)\b", line):
                    step.note(named[0])

            done = run_program.run(command, show, env=environment)
        found = list(Path(repository).rglob(f"keycloak-quarkus-dist-{version}.zip"))
        if done.code != 0 or not found:
            errors = [
                line.removeprefix("[ERROR]").strip() for line in done.lines if line.startswith("[ERROR]")
            ]
            return f"Maven failed ({errors[0] if errors else done.last})"
        found[0].replace(fresh)
    return ""
