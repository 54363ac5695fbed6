"""One class path for the JVM instead of Quarkus's own class loader.

Quarkus loads Keycloak from 350 jars through a loader of its own. The JVM's AOT cache helps this loader little,
since the cache holds linked classes, lambdas and profiles only for the JVM's own class path. The JVM, though,
searches a class path of 350 jars jar by jar. So all jars are merged: one jar for nearly everything, one jar for
settings files (which are read through a file system that indexes the whole jar first), and as many small jars as
needed for names that occur more than once, so that a lookup of all files of a name still finds all these files in
the same order.
"""

from __future__ import annotations

import re
import zipfile
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision._lib.progress import Step

MANIFEST = "META-INF/MANIFEST.MF"
# The JVM caches a jar's classes only if the jar has no signature file; nobody reads the other files at run time.
LEFT_OUT = re.compile(
    r"META-INF/(MANIFEST\.MF|INDEX\.LIST|[^/]+\.(SF|RSA|DSA|EC)|maven/.*|jandex\.idx|quarkus-.*"
    r"|LICENSE[^/]*|NOTICE[^/]*|DEPENDENCIES|licenses\.xml)"
)
SETTINGS = re.compile(r"(META-INF/)?[^/]+\.(properties|ya?ml)")
SERVICES = re.compile(r"META-INF/services/[^/]+")
A_DATE = (2020, 1, 1, 0, 0, 0)


def members(keycloak: Path) -> list[Path]:
    """Return the jars of a built Keycloak in the order in which Quarkus's loader searches these jars."""
    index = (keycloak / "lib" / "quarkus" / "quarkus-application.dat").read_bytes()
    names = re.findall(rb"(?:quarkus|app|lib/boot|lib/main)/[\w.+-]+\.jar", index)
    return [keycloak / "lib" / name.decode() for name in dict.fromkeys(names)]


def merge(keycloak: Path, folder: Path, step: Step) -> list[str]:
    """Merge the jars of a built Keycloak.

    Args:
        keycloak: The built distribution.
        folder: The folder to make for the merged jars.
        step: The display of the number of finished jars.

    Returns:
        The names of the merged jars, in class path order.
    """
    folder.mkdir()
    jars = members(keycloak)
    seen: dict[str, int] = {}
    services: dict[str, list[bytes]] = {}
    with ExitStack() as stack:
        layers: list[zipfile.ZipFile] = []

        def layer(number: int) -> zipfile.ZipFile:
            while len(layers) <= number:
                layers.append(stack.enter_context(_new_jar(folder / _name(len(layers)))))
            return layers[number]

        for done, jar in enumerate(jars, 1):
            step.advance(done, len(jars))
            for name, entry, file in _entries(jar):
                if SERVICES.fullmatch(name):
                    services.setdefault(name, []).append(file.read(entry))
                    continue
                occurrence = seen.get(name, 0)
                if occurrence and name.endswith(("/", ".class")):
                    continue  # the first class of a name hides the others
                seen[name] = occurrence + 1
                place = occurrence + (1 if SETTINGS.fullmatch(name) else 0)
                layer(place).writestr(zipfile.ZipInfo(name, A_DATE), file.read(entry))
        for name, parts in services.items():
            layer(0).writestr(zipfile.ZipInfo(name, A_DATE), b"\n".join([*parts, b""]))
    return [_name(number) for number in range(len(layers))]


def _name(number: int) -> str:
    return f"keycloak-{number}.jar"


def _new_jar(path: Path) -> zipfile.ZipFile:
    jar = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)
    jar.writestr(zipfile.ZipInfo(MANIFEST, A_DATE), "Manifest-Version: 1.0\r\nMulti-Release: true\r\n\r\n")
    return jar


def _entries(jar: Path) -> Iterator[tuple[str, zipfile.ZipInfo, zipfile.ZipFile]]:
    with zipfile.ZipFile(jar) as file:
        for entry in file.infolist():
            if not LEFT_OUT.fullmatch(entry.filename):
                yield entry.filename, entry, file
