"""The official conformance suite, https://www.npmjs.com/package/@modelcontextprotocol/conformance, as a program to run.

Suite and Node.js are those of ``package-lock.json``, installed once per user into the cache folder.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from provision._lib import cache
from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision._lib.progress import Progress

REVISIONS = ("2025-11-25", "2026-07-28")
FOLDER = Path(__file__).parent
BASELINE = FOLDER / "baseline.yaml"
_NEEDED = ("package.json", "package-lock.json", ".npmrc")
_OLDEST_NODE = 22
_RESULT = re.compile(r"(?:server|authorization-server)-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
_SUCCESS, _INFO, _NOT_PASSED = "SUCCESS", "INFO", {"FAILURE", "WARNING"}
# Added by the suite to any scenario: that the messages have the right form, whatever they say.
_FORM_ONLY = "wire-schema-valid"


@dataclass(frozen=True)
class Suite:
    """The installed suite.

    Args:
        folder: Where it was installed.
        node: The Node.js that runs it.
    """

    folder: Path
    node: Path

    def line(self, *arguments: str) -> list[str]:
        """A command line of the suite."""
        return [str(self.node), str(self._package / "dist" / "index.js"), *arguments]

    def required(self, revision: str) -> tuple[list[str], dict[str, str]]:
        """The server scenarios that a revision of the specification requires; those that are only run, and why."""
        document = yaml.safe_load((self._package / "requirements" / f"{revision}.yaml").read_text())
        only_run = {
            item["scenario"]: item["reason"] for item in document["not_scored"] if item["leg"] == "server"
        }
        return document["server"], only_run

    @property
    def version(self) -> str:
        """The version of the suite."""
        return str(json.loads((self._package / "package.json").read_text())["version"])

    @property
    def _package(self) -> Path:
        return self.folder / "node_modules" / "@modelcontextprotocol" / "conformance"


@dataclass(frozen=True)
class Scenario:
    """What the suite found in one scenario.

    Args:
        name: Its name.
        checks: The id and status of each check, in the order in which they were made.
    """

    name: str
    checks: tuple[tuple[str, str], ...]

    @property
    def not_passed(self) -> frozenset[str]:
        """The checks that failed or gave a warning, as a baseline names them."""
        return frozenset(f"{self.name}:{check}" for check, status in self.checks if status in _NOT_PASSED)

    @property
    def looked_at_nothing(self) -> bool:
        """Whether nothing was found wrong because no check of its own was made."""
        made = [check for check, status in self.checks if status == _SUCCESS and check != _FORM_ONLY]
        return not made and not self.not_passed


@dataclass(frozen=True)
class Finding:
    """What came out of one run.

    Args:
        exit_code: 0 when the suite is content.
        said: What it printed.
        scenarios: What it found, by scenario.
    """

    exit_code: int
    said: str
    scenarios: dict[str, Scenario]

    @classmethod
    def read(cls, folder: Path, exit_code: int, said: str) -> Finding:
        """Read what a run has written.

        Args:
            folder: The run's ``--output-dir``.
            exit_code: How it ended.
            said: What it printed.
        """
        found = {}
        for path in folder.glob("*/checks.json"):
            name = _RESULT.fullmatch(path.parent.name)
            assert name, f"{path.parent.name} is not named as results are"
            checks = tuple((check["id"], check["status"]) for check in json.loads(path.read_text()))
            found[name["scenario"]] = Scenario(name["scenario"], checks)
        return cls(exit_code, said, found)

    @property
    def not_passed(self) -> frozenset[str]:
        """The checks that failed or gave a warning."""
        return frozenset().union(*(scenario.not_passed for scenario in self.scenarios.values()))


@dataclass(frozen=True)
class Baseline:
    """What is expected; see the file.

    Args:
        server: Checks of the server that do not pass.
        authorization: Checks of the authorization server that do not pass.
        reasons: Why, by scenario or by pattern of scenarios.
        vacuous: What scenarios show that pass without showing what their name says.
    """

    server: frozenset[str]
    authorization: frozenset[str]
    reasons: dict[str, str]
    vacuous: dict[str, str]

    @classmethod
    def read(cls) -> Baseline:
        """Read the file."""
        document = yaml.safe_load(BASELINE.read_text())
        return cls(
            frozenset(document["server"]),
            frozenset(document["authorization"]),
            _by_name(document["reasons"]),
            _by_name(document["vacuous"]),
        )

    def reason(self, scenario: str) -> str:
        """Why a scenario does not pass; empty when the file does not say."""
        return next((why for pattern, why in self.reasons.items() if fnmatch(scenario, pattern)), "")


def install(progress: Progress) -> Suite:
    """Install the suite, unless it is there.

    Raises:
        ProvisionError: npm or a Node.js that is new enough is missing, or npm fails.
    """
    content = b"".join((FOLDER / name).read_bytes() for name in _NEEDED)
    folder = cache.install(
        cache.root() / "conformance" / hashlib.sha256(content).hexdigest()[:16],
        lambda target: _npm_ci(target, progress),
        what="the conformance suite",
        progress=progress,
        room=400 * cache.MEBIBYTE,
    )
    return Suite(folder, _node(folder))


def _npm_ci(target: Path, progress: Progress) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise ProvisionError("The conformance suite needs npm.", "On Debian: apt-get install npm")
    target.mkdir()
    for name in _NEEDED:
        shutil.copy(FOLDER / name, target)
    with progress.step("Installing the conformance suite"):
        # Without scripts: the lock file has the checksum of all that is installed, and nothing more is fetched.
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts"],
            cwd=target,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    if done.returncode != 0:
        raise ProvisionError(
            f"npm could not install the conformance suite: {done.stderr.strip()[-300:]}",
            "Check the network, then try again.",
        )


def _node(folder: Path) -> Path:
    """The Node.js that was installed with the suite; the machine's own where there is none for this system."""
    installed = next(iter((folder / "node_modules").glob("node-*-*/bin/node")), None)
    node = installed or shutil.which("node")
    if node is not None:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if re.match(r"v(\d+)", version) and int(version[1:].split(".")[0]) >= _OLDEST_NODE:
            return Path(node)
    raise ProvisionError(
        f"The conformance suite needs Node.js {_OLDEST_NODE}, and there is no package of it for this system.",
        f"Install Node.js {_OLDEST_NODE} or newer.",
    )


def _by_name(groups: list[dict[str, Any]]) -> dict[str, str]:
    return dict(_pairs(groups))


def _pairs(groups: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for group in groups:
        for name in group["of"]:
            yield name, " ".join(group["because"].split())
