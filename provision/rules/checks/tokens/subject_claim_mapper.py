"""No mapper writes who the user is."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule

_SUBJECT = "sub"


@rule(
    id="subject-claim-mapper",
    severity="high",
    title="No mapper writes the subject of a token",
    why="Servers know users by the claim `sub`. A mapper that writes a fixed text there makes all users one; a mapper that copies an "
    "attribute lets whoever may change the attribute be somebody else.",
    fix="claimName: another_claim # Keycloak writes sub itself",
    example='a further HardcodedClaimMapper: realm: "mcp", scope: "mcp:tools", name: "subject", claimName: "sub", claimValue: "somebody"',
    see="https://openid.net/specs/openid-connect-core-1_0.html#SubjectIDTypes",
    on=("HardcodedClaimMapper", "UserAttributeMapper"),
)
def check(mapper: Resource) -> Iterator[Violation]:
    """Check that the claim of the mapper is not `sub`."""
    if mapper.get("claimName") == _SUBJECT:
        yield Violation("claimName", "writes who the user is")
