"""A release: wheel, sdist, bill of materials and checksums, built twice from one commit and equal byte for byte.

``make release`` builds the commit that carries the tag of its version; ``make release DRY=1`` builds any commit.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import uuid
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provision._lib.errors import ProvisionError

PROJECT = Path(__file__).parents[1]
BUILD_REQUIREMENTS = Path("tools", "build-requirements.txt")
_UV = Path(sys.executable).with_name("uv")
_VERSION = re.compile(
    r"\d+\.\d+\.\d+"
)  # the engine reads the provider's version as a semantic version, Python as PEP 440
_SHOWN = 5


def main() -> None:
    """Build the release into ``dist/``, or print the obstacle."""
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="build a commit that is not tagged")
    dry = parser.parse_args().dry
    try:
        commit = Commit.head(PROJECT)
        if not dry:
            refuse_unfinished(commit)
        release(commit, PROJECT / "dist")
    except ProvisionError as error:
        sys.exit(f"error: {error}")
    print((PROJECT / "dist" / "SHA256SUMS").read_text(encoding="utf-8"), end="")


@dataclass(frozen=True, kw_only=True)
class Commit:
    """The commit that is built.

    Attributes:
        project: The repository's folder.
        sha: The commit's id.
        seconds: The time of the commit, in seconds since 1970.
        version: The version in the commit's ``pyproject.toml``.
    """

    project: Path
    sha: str
    seconds: int
    version: str

    @classmethod
    def head(cls, project: Path) -> Commit:
        """Return the commit that is checked out."""
        sha, seconds = _git(project, "show", "--no-patch", "--format=%H %ct", "HEAD").split()
        document = tomllib.loads(_git(project, "show", f"{sha}:pyproject.toml"))
        return cls(project=project, sha=sha, seconds=int(seconds), version=document["project"]["version"])

    @property
    def tag(self) -> str:
        """The tag that this commit must carry to be released."""
        return f"v{self.version}"

    def files(self) -> set[str]:
        """Return the paths of the commit's files."""
        return set(_git(self.project, "ls-tree", "-r", "--name-only", self.sha).splitlines())


def refuse_unfinished(commit: Commit) -> None:
    """Refuse a commit that does not match its version.

    Raises:
        ProvisionError: The version has another form than ``1.2.3``, a change is not committed, the commit lacks the tag
            or the changelog lacks the version.
    """
    if not _VERSION.fullmatch(commit.version):
        raise ProvisionError(
            f"The version {commit.version} in pyproject.toml is not of the form 1.2.3.",
            "Write three numbers: the Pulumi engine and Python packages read nothing else in the same way.",
        )
    if changed := _git(commit.project, "status", "--porcelain").splitlines():
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise ProvisionError(
            f"Not committed: {', '.join(line[3:] for line in changed[:_SHOWN])}{more}.",
            "Commit or remove it, or try the committed state: make release DRY=1",
        )
    if commit.tag not in _git(commit.project, "tag", "--points-at", commit.sha).split():
        elsewhere = _git(commit.project, "tag", "--list", commit.tag).strip()
        raise ProvisionError(
            f"The tag {commit.tag} is on another commit."
            if elsewhere
            else f"This commit has no tag {commit.tag}.",
            f"Check out {commit.tag}, or raise the version in pyproject.toml and uv.lock."
            if elsewhere
            else f"Tag it: git tag -a {commit.tag} -m {commit.version}; or try it without: make release DRY=1",
        )
    if f"## [{commit.version}] - " not in _git(commit.project, "show", f"{commit.sha}:CHANGELOG.md"):
        raise ProvisionError(
            f"CHANGELOG.md has no section for {commit.version}.",
            f"Move what is under Unreleased to ## [{commit.version}] - YYYY-MM-DD, and tag the commit that holds it.",
        )


def release(commit: Commit, target: Path) -> None:
    """Build the release twice and put it into a folder if both builds are equal.

    Args:
        commit: The commit to build; uncommitted files have no effect.
        target: The folder, which is emptied first.

    Raises:
        ProvisionError: A build fails, the builds differ, or the wheel is incomplete.
    """
    with tempfile.TemporaryDirectory() as place:
        first, second = (_build(commit, Path(place, str(seed)), seed) for seed in (1, 2))
        if differing := sorted(
            name for name in first.keys() | second.keys() if first.get(name) != second.get(name)
        ):
            raise ProvisionError(f"Two builds of {commit.sha[:12]} differ in {', '.join(differing)}.")
    stem = f"mcp_provision-{commit.version}"
    wheel = first[f"{stem}-py3-none-any.whl"]
    refuse_other_contents(wheel, {name for name in commit.files() if name.startswith("provision/")})
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, content in first.items():
        (target / name).write_bytes(content)
    sums = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(first.items())
    )
    (target / "SHA256SUMS").write_text(sums, encoding="utf-8")


def refuse_other_contents(wheel: bytes, wanted: set[str]) -> None:
    """Refuse a wheel that holds other files than the package's, apart from its metadata.

    Args:
        wheel: The wheel.
        wanted: The paths of the package's files.

    Raises:
        ProvisionError: A file is missing or superfluous.
    """
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    for wrong, what in ((wanted - names, "lacks"), (names - wanted, "holds")):
        if wrong:
            raise ProvisionError(
                f"The wheel {what} {', '.join(sorted(wrong)[:_SHOWN])}.",
                "See [tool.hatch.build] in pyproject.toml, and .gitignore.",
            )


def _build(commit: Commit, place: Path, seed: int) -> dict[str, bytes]:
    """Build everything but the checksums in a fresh folder; return the content by file name.

    Each build has its own folder and seed, so that the builds differ if a file depends on either.
    """
    source, out = place / "source", place / "out"
    archive = _run(["git", "archive", "--format=tar", commit.sha], commit.project)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(source, filter="data")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(commit.seconds), "PYTHONHASHSEED": str(seed)}
    _run(
        [
            *(str(_UV), "build", "--quiet", "--no-create-gitignore", "--out-dir", str(out)),
            *("--build-constraints", str(source / BUILD_REQUIREMENTS), "--require-hashes"),
            str(source),
        ],
        source,
        environment,
    )
    exported = _run(
        [str(_UV), "export", "--quiet", "--frozen", "--no-dev", "--all-extras", "--format", "cyclonedx1.5"],
        source,
        environment,
    )
    name = f"mcp_provision-{commit.version}.cdx.json"
    (out / name).write_text(bill_of_materials(json.loads(exported), commit), encoding="utf-8")
    return {path.name: path.read_bytes() for path in out.iterdir()}


def bill_of_materials(document: dict[str, Any], commit: Commit) -> str:
    """Return uv's bill of materials with a number and a time that depend on the commit only.

    Args:
        document: CycloneDX 1.5, of the packages in ``uv.lock``.
        commit: The commit that is built.
    """
    address = f"pkg:pypi/mcp-provision@{commit.version}"
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{address}?commit={commit.sha}')}"
    metadata = document["metadata"]
    metadata["timestamp"] = datetime.fromtimestamp(commit.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata["component"] |= {"purl": address, "licenses": [{"license": {"id": "Apache-2.0"}}]}
    return json.dumps(document, indent=2) + "\n"


def _git(project: Path, *arguments: str) -> str:
    return _run(["git", *arguments], project).decode()


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> bytes:
    try:
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True).stdout
    except FileNotFoundError as error:
        raise ProvisionError(f"{command[0]} is not there.", "Install it, or run: make setup") from error
    except subprocess.CalledProcessError as error:
        raise ProvisionError(
            f"{Path(command[0]).name} {command[1]} failed: {error.stderr.decode().strip()}"
        ) from error


if __name__ == "__main__":
    main()
