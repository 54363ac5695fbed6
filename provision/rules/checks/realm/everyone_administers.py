"""Nobody administers Keycloak merely by having an account."""

from collections.abc import Iterator

from provision.keycloak.builtin import default_role
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.admin_roles import (
    Role,
    administering,
    groups_in,
    of_group,
    roles_in,
    shown,
)


@rule(
    id="everyone-administers",
    severity="high",
    title="Nobody administers Keycloak just by having an account",
    why="Every user and every service account of a realm has its default role, and every new user joins its default groups. "
    "An administrative role in one of them, also by way of other roles, makes everybody with an account an administrator.",
    fix="take the role out of the default role or group, and give it to those who need it",
    example='a further RealmRole: realm: "mcp", name: "default-roles-mcp", clientComposites: {"realm-management": ["manage-clients"]}',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html",
    on=("RealmRole", "Group"),
    beside=("ClientRole",),
    parameters={
        "roles": [
            "/admin",
            "/create-realm",
            "realm-management/*",
            "*-realm/create-client",
            "*-realm/impersonation",
            "*-realm/manage-*",
            "*-realm/query-*",
            "*-realm/view-*",
        ]
    },
)
def check(given: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the default role and the default groups lead to no role that matches a listed pattern of owner and name."""
    realm = given.get("realm")
    if given.kind == "Group":
        start = of_group(given, groups_in(context, realm)) if _has_all_members(given) else iter(())
    else:
        start = (Role("", name) for name in (given.get("name"),) if name == _default_role(given))
    for way in administering(start, roles_in(context, realm), context.parameters["roles"]):
        yield Violation("", f"gives everybody {shown(way if given.kind == 'Group' else way[1:])}")


def _default_role(role: Resource) -> str:
    """Return the name of the default role; in a renamed realm, only an audit knows it."""
    return str(role.get("name") if "everyone" in role.properties else default_role(str(role.get("realm"))))


def _has_all_members(group: Resource) -> bool:
    return "everyone" in group.properties and bool(group.get("everyone"))
