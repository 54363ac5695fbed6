"""Known vulnerabilities of Keycloak's versions, from ``keycloak_cves.toml``."""

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
    """A version of Keycloak; later ones are greater."""

    major: int
    minor: int
    micro: int

    @classmethod
    def of(cls, text: str) -> Version | None:
        """Return the version in text such as ``26.4.0``, or None if it is no version of Keycloak."""
        found = _VERSION.match(text)
        return cls(*map(int, found.groups())) if found else None

    def __str__(self) -> str:
        return ".".join(map(str, self))


@dataclass(frozen=True)
class Cve:
    """A vulnerability.

    Args:
        id: The CVE number.
        what: What the vulnerability lets an attacker do.
        fixed: The first fixed release of each release line that was fixed.
        since: The first affected release; None if all earlier releases are affected.
    """

    id: str
    what: str
    fixed: tuple[Version, ...]
    since: Version | None = None

    def affects(self, version: Version) -> bool:
        """Return whether a version is affected; a release line without a fix stays affected."""
        if self.since is not None and version < self.since:
            return False
        line = version[:2]
        mended = next((release for release in self.fixed if release[:2] == line), None)
        if mended is not None:
            return version < mended
        return line < max(self.fixed)[:2]


@dataclass(frozen=True)
class CveList:
    """The list of vulnerabilities.

    Args:
        looked_through: The day on which the list was last compared with the published vulnerabilities.
        cves: The vulnerabilities.
    """

    looked_through: date
    cves: tuple[Cve, ...]

    def of(self, version: Version) -> tuple[Cve, ...]:
        """Return the vulnerabilities of a version."""
        return tuple(cve for cve in self.cves if cve.affects(version))

    def mended(self, version: Version) -> Version:
        """Return the nearest later release without any of the vulnerabilities."""
        later = sorted({release for cve in self.cves for release in cve.fixed if release > version})
        return next((release for release in later if not self.of(release)), max(later, default=version))


@cache
def known() -> CveList:
    """Return the list in this package."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return CveList(data["looked-through"], tuple(map(_cve, data["cve"])))


def _cve(item: Mapping[str, Any]) -> Cve:
    since = Version.of(item["since"]) if "since" in item else None
    return Cve(item["id"], item["what"], tuple(filter(None, map(Version.of, item["fixed"]))), since)
