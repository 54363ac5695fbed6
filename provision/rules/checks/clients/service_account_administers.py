"""No service account administers Keycloak without need."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.admin_roles import ADMINISTRATION, ADMINISTRATORS, Role


@rule(
    id="service-account-administers",
    severity="high",
    title="Service accounts do not administer Keycloak",
    why="A service account is a secret in a file, without a second factor. With a role that administers the realm it can give itself "
    "every right, log in as every user and switch these rules off. Only what provisions the realm needs such roles.",
    fix="provision:rules: {parameters: {service-account-administers: {administrators: [provision]}}} # if it is what provisions; or take the role away",
    example='a further Client: realm: "mcp", clientId: "nightly-report", access: "confidential", serviceAccounts: true\na further ServiceAccountRole: realm: "mcp", client: "nightly-report", owner: "realm-management", role: "realm-admin"',
    see="https://keycloak.org/docs/latest/server_admin/index.html#_service_accounts",
    on=("ServiceAccountRole",),
    parameters={
        "roles": [*ADMINISTRATION],
        "administrators": [*ADMINISTRATORS],
    },
)
def check(mapping: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that only allowed clients hold a role that matches a listed pattern of owner and name."""
    role = Role(mapping.get("owner") or "", mapping.get("role"))
    if mapping.get("client") in context.parameters["administrators"]:
        return
    if role.is_among(context.parameters["roles"]):
        yield Violation("role", f"lets the service account of {mapping.get('client')} administer Keycloak")
