"""Users can't set attributes that tokens carry."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="user-attributes-open",
    severity="medium",
    title="Users can't give themselves attributes",
    why="Mappers put attributes of users into tokens, and servers trust them: a tenant, a department, a plan. With unmanaged attributes "
    "open, a user writes any attribute by the account API.",
    fix="unmanagedAttributePolicy: DISABLED # or ADMIN_EDIT",
    example='a further UserProfile: realm: "mcp", unmanagedAttributePolicy: "ENABLED"',
    see="https://keycloak.org/docs/latest/server_admin/index.html#user-profile",
    on=("UserProfile",),
    ephemeral="advisory",
)
def check(profile: Resource) -> Iterator[Violation]:
    """Check that users cannot change attributes that the profile does not list."""
    if profile.get("unmanagedAttributePolicy") == "ENABLED":
        yield Violation("unmanagedAttributePolicy", "users may give themselves any attribute")
