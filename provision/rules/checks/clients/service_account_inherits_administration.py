"""No service account administers Keycloak by a role or a group that leads to such a role."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.admin_roles import (
    ADMINISTRATION,
    ADMINISTRATORS,
    Role,
    administering,
    groups_in,
    of_group,
    roles_in,
    shown,
)


@rule(
    id="service-account-inherits-administration",
    severity="high",
    title="Service accounts inherit no administrative role",
    why="A role may contain others, and a group gives its roles to all members. A harmless name then hides that a service account, "
    "which is a secret in a file without a second factor, can give itself every right in the realm.",
    fix="take the role or the membership away, or the administrative role out of it",
    example='a further Client: realm: "mcp", clientId: "nightly-report", access: "confidential", serviceAccounts: true\na further RealmRole: realm: "mcp", name: "operator", clientComposites: {"realm-management": ["realm-admin"]}\na further ServiceAccountRole: realm: "mcp", client: "nightly-report", role: "operator"',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html",
    on=("ServiceAccountRole", "Group"),
    beside=("RealmRole", "ClientRole", "User"),
    parameters={"roles": [*ADMINISTRATION], "administrators": [*ADMINISTRATORS]},
)
def check(given: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no role or group leads to a listed role through others, except for allowed clients."""
    realm, patterns = given.get("realm"), context.parameters["roles"]
    if given.kind == "Group":
        start = of_group(given, groups_in(context, realm))
        for way in administering(start, roles_in(context, realm), patterns):
            for client in _members(given, context):
                yield Violation("", f"lets the service account of {client} administer: {shown(way)}")
        return
    role, client = Role(given.get("owner") or "", given.get("role")), given.get("client")
    if role.is_among(patterns) or client in context.parameters["administrators"]:
        return  # held roles have a rule of their own
    for way in administering([role], roles_in(context, realm), patterns):
        yield Violation("role", f"lets the service account of {client} administer: {shown(way)}")


def _members(group: Resource, context: RuleContext) -> list[str]:
    """Return the service accounts in a group; for a program, the declared ones.

    Raises:
        Inconclusive: The group may have others, since the program does not make the realm.
    """
    if "serviceAccounts" not in group.properties:
        context.all_seen("User")
    accounts = group.properties.get("serviceAccounts") and group.get("serviceAccounts")
    return [client for client in accounts or () if client not in context.parameters["administrators"]]
