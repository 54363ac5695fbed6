"""Everything that the tests need and a bare machine lacks, fetched once per user with visible progress.

``make test`` runs this first: the Pulumi CLI, the prepared Keycloak, Pulumi's YAML language host and a browser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib import cache
from provision._lib.errors import ProvisionError
from provision.engine.pulumi_cli import find_or_install, go_executable
from provision.runtimes.process.preparation import prepare

if TYPE_CHECKING:
    from provision._lib.progress import Progress

YAML_HOST_VERSION = "v1.25.0"
_YAML_HOST = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"


def main() -> None:
    """Fetch it all, or say what to install."""
    from provision.cli.screen import Screen

    try:
        with Screen() as screen:
            find_or_install(screen)
            prepare(screen)
            yaml_language_host(screen)
            _browser(screen)
    except ProvisionError as error:
        sys.exit(f"error: {error}")


def yaml_language_host(progress: Progress) -> Path:
    """The folder with ``pulumi-language-yaml``: a language host that, unlike Python's, comes from a registry."""
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


def _browser(progress: Progress) -> None:
    if shutil.which("chromium") and shutil.which("chromedriver"):
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise ProvisionError(
            "The login test needs chromium and chromedriver.",
            "On Debian: apt-get install chromium chromium-driver",
        )
    with progress.step("Install Chromium") as step:
        for line in (
            ["update", "-qq"],
            ["install", "-y", "-qq", "--no-install-recommends", "chromium", "chromium-driver"],
        ):
            step.note(f"apt-get {line[0]}")
            subprocess.run(
                ["apt-get", *line],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                check=True,
            )


if __name__ == "__main__":
    main()
