"""Known holes of Keycloak's versions; the list itself is ``keycloak_cves.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date  # noqa: TC003 - part of a dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = Path(__file__).with_suffix(".toml")
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?![\d])(?!-SNAPSHOT)")


class Version(NamedTuple):
    """A version; a later one is greater."""

    major: int
    minor: int
    micro: int

    @classmethod
    def of(cls, text: str) -> Version | None:
        """Out of ``26.4.0``, with or without more behind; None when it is no version of Keycloak's own."""
        found = _VERSION.match(text)
        return cls(*map(int, found.groups())) if found else None

    def __str__(self) -> str:
        return ".".join(map(str, self))


@dataclass(frozen=True)
class Cve:
    """A hole.

    Args:
        id: Its number.
        what: What it lets somebody do.
        fixed: The first releases without it, one for each line of releases that was mended.
        since: The first release with it; None when it was always there.
    """

    id: str
    what: str
    fixed: tuple[Version, ...]
    since: Version | None = None

    def affects(self, version: Version) -> bool:
        """Whether a version has it: a line that was not mended has it for good, unless it began later."""
        if self.since is not None and version < self.since:
            return False
        line = version[:2]
        mended = next((release for release in self.fixed if release[:2] == line), None)
        if mended is not None:
            return version < mended
        return line < max(self.fixed)[:2]


@dataclass(frozen=True)
class CveList:
    """The list.

    Args:
        looked_through: The day on which it was compared with what is known.
        cves: Its holes.
    """

    looked_through: date
    cves: tuple[Cve, ...]

    def of(self, version: Version) -> tuple[Cve, ...]:
        """The holes of a version."""
        return tuple(cve for cve in self.cves if cve.affects(version))

    def mended(self, version: Version) -> Version:
        """The nearest release after a version that has none of them."""
        later = sorted({release for cve in self.cves for release in cve.fixed if release > version})
        return next((release for release in later if not self.of(release)), max(later, default=version))


@cache
def known() -> CveList:
    """The list as it is in the package."""
    data = tomllib.loads(_FILE.read_text())
    return CveList(data["looked-through"], tuple(map(_cve, data["cve"])))


def _cve(item: Mapping[str, Any]) -> Cve:
    since = Version.of(item["since"]) if "since" in item else None
    return Cve(item["id"], item["what"], tuple(filter(None, map(Version.of, item["fixed"]))), since)
