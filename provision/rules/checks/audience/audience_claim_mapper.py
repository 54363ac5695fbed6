"""Only audience mappers write the audience."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule

_KINDS = ("HardcodedClaimMapper", "UserAttributeMapper", "RealmRoleMapper", "ClientRoleMapper")


@rule(
    id="audience-claim-mapper",
    severity="high",
    title="Only audience mappers write the audience",
    why="A mapper that writes a claim can write `aud` too. Then an attribute of a user or a fixed text decides where a token is"
    " good, past the rules for audiences and past the check of which client a token is for.",
    fix="use an AudienceMapper with includedCustomAudience",
    example='a further HardcodedClaimMapper: realm: "mcp", scope: "mcp:tools", name: "more", claimName: "department", claimValue: "research"\nHardcodedClaimMapper: claimName: "aud"',
    see="https://www.keycloak.org/docs/latest/server_admin/#_audience_hardcoded",
    on=_KINDS,
)
def check(mapper: Resource) -> Iterator[Violation]:
    """Check that no other mapper than an audience mapper writes the claim `aud`."""
    if mapper.get("claimName") == "aud" and mapper.get("addToAccessToken"):
        yield Violation("claimName", "writes the audience of access tokens")
