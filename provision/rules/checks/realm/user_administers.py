"""No person administers Keycloak from within a realm that clients log in to."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.admin_roles import (
    ADMINISTRATION,
    administering_of,
    groups_in,
    roles_in,
    shown,
)


@rule(
    id="user-administers",
    severity="high",
    title="No user of the realm administers Keycloak",
    why="Every client that the user logs in to acts with the user's rights; an MCP client that gets a token with an administrative role can "
    "change the realm and act as any other user. Who administers, has an account that is for nothing else.",
    fix="provision:rules: {parameters: {user-administers: {administrators: [ada]}}} # for an account of an administrator; or take the role away",
    example='a further User: realm: "mcp", username: "ursula", clientRoles: {"realm-management": ["realm-admin"]}',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html#_per_realm_admin_permissions",
    on=("User",),
    beside=("ClientRole", "Group", "RealmRole"),
    parameters={"roles": [*ADMINISTRATION], "administrators": []},
)
def check(user: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that neither the user's roles nor the user's groups lead to a role that matches a listed pattern."""
    if user.get("username") in context.parameters["administrators"]:
        return
    realm = user.get("realm")
    made_of, at = roles_in(context, realm), groups_in(context, realm)
    for name, way in administering_of(user, at, made_of, context.parameters["roles"]):
        yield Violation(name, f"administers Keycloak: {shown(way)}")
