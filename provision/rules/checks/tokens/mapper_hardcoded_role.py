"""No mapper gives a role to every user."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule

_TYPE = "oidc-hardcoded-role-mapper"


@rule(
    id="mapper-hardcoded-role",
    severity="high",
    title="No mapper gives everybody a role",
    why="A hardcoded role stands in the token of every user who logs in to the client, whatever the user's own roles are. With an "
    "administrative one, such as realm-admin, everybody administers the realm; and no look at users and groups shows it.",
    fix="remove the mapper, and give the role to those who need it",
    example='a further GenericProtocolMapper: realm: "mcp", scope: "mcp:tools", name: "everybody", providerId: "oidc-hardcoded-role-mapper", config: {"role": "realm-management.realm-admin"}',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html#_protocol-mappers",
    on=("GenericProtocolMapper",),
)
def check(mapper: Resource) -> Iterator[Violation]:
    """Check that the mapper is not of the type that adds a fixed role."""
    if mapper.get("providerId") == _TYPE:
        role = (mapper.get("config") or {}).get("role") or "a role"
        yield Violation("config.role", f"gives {role} to whoever logs in")
