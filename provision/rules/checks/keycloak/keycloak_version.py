"""Keycloak's version has no known vulnerability."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.keycloak_cves import Version, known

_IN_WORDS = 5
"""The number of vulnerabilities described in full, newest first; others are only named."""


@rule(
    id="keycloak-version",
    severity="high",
    title="Keycloak's version has no known hole",
    why="Holes of a published version are described for everyone, some with a program that uses them. "
    "The list here holds those that touch tokens, clients, registration, logins and the Admin API, as of the day that the finding names.",
    fix="run the newest release of Keycloak",
    example='KeycloakServer: version: "26.6.7"',
    see="https://github.com/keycloak/keycloak/security/advisories",
    on=("KeycloakServer",),
    ephemeral="advisory",
    parameters={"accepted": []},
)
def check(server: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the version has no known vulnerability except accepted ones."""
    version, holes = Version.of(str(server.get("version"))), known()
    if version is None:
        raise server.inconclusive("version", "no version of Keycloak's own")
    found = [cve for cve in holes.of(version) if cve.id not in context.parameters["accepted"]]
    if found:
        named = "; ".join([f"{cve.id}: {cve.what}" for cve in found[-_IN_WORDS:]])
        others = ", ".join(cve.id for cve in found[:-_IN_WORDS])
        yield Violation(
            "version",
            f"{version} has known holes, as of {holes.looked_through}: {named}"
            + (f"; and {others}" if others else ""),
            f"Keycloak {holes.mended(version)}, or the newest release",
        )
