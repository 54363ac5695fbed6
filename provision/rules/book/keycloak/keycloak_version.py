"""Keycloak's version has no known hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.keycloak_cves import Version, known
from provision.rules.rule import rule
from provision.rules.thing import UndecidedError, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing

_IN_WORDS = 5
"""How many holes are told of in words, the newest; of the others the numbers."""


@rule(
    id="keycloak-version",
    severity="high",
    title="Keycloak's version has no known hole",
    why="Holes of a published version are described for everyone, some with a program that uses them. "
    "The list here holds those that touch tokens, clients, registration, logins and the Admin API, as of the day that the finding names.",
    fix="run the newest release of Keycloak",
    see="https://github.com/keycloak/keycloak/security/advisories",
    on=("KeycloakServer",),
    ephemeral="advisory",
    parameters={"accepted": []},
    breaks=(
        (Set(Where("KeycloakServer"), {"version": "26.6.7"}),),
        (Set(Where("KeycloakServer"), {"version": "26.5.9"}),),
    ),
    breaks_in="kubernetes",
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """No hole of the list is in it."""
    version, holes = Version.of(str(server.get("version"))), known()
    if version is None:
        raise UndecidedError(server.path("version"), "no version of Keycloak's own")
    found = [cve for cve in holes.of(version) if cve.id not in scene.parameters["accepted"]]
    if found:
        named = "; ".join([f"{cve.id}: {cve.what}" for cve in found[-_IN_WORDS:]])
        others = ", ".join(cve.id for cve in found[:-_IN_WORDS])
        yield Violation(
            "version",
            f"{version} has known holes, as of {holes.looked_through}: {named}"
            + (f"; and {others}" if others else ""),
            f"Keycloak {holes.mended(version)}, or the newest release",
        )
