"""Keycloak's own clients are as narrow as Keycloak makes them."""

from collections.abc import Iterator

from provision.keycloak.builtin import ADMIN_CLI
from provision.rules import Resource, Violation, rule

_OFF = {
    "implicitFlow": "uses the implicit flow",
    "serviceAccounts": "has a service account",
    "deviceGrant": "takes device logins",
    "directAccessGrants": "takes its users' passwords",
}
_NARROW = ("account", "account-console")
"""The clients that Keycloak gives none but their own roles."""
_OWN_PATHS = ("/realms/", "/admin/")


@rule(
    id="builtin-client-opened",
    severity="high",
    title="Keycloak's own clients stay narrow",
    why="Every user logs in to the account console, every administrator to the admin console. A further redirect URI, origin or grant "
    "of these clients hands the tokens of all of them to somebody else, and nobody looks for it there.",
    fix="put the client's redirect URIs, web origins and grants back as Keycloak makes them",
    example='a further Client: realm: "mcp", clientId: "account-console", standardFlow: true, redirectUris: ["*"]',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html#_oidc_clients",
    on=("Client",),
    keycloaks_own=True,
)
def check(client: Resource) -> Iterator[Violation]:
    """Check grants, redirect URIs, web origins and roles of the client."""
    name = client.get("clientId")
    for switch, what in _OFF.items():
        # The rule `admin-cli-passwords` is about the passwords that admin-cli takes in every realm.
        if not (switch == "directAccessGrants" and name == ADMIN_CLI) and client.get(switch):
            yield Violation(switch, what)
    if name in _NARROW and client.get("fullScopeAllowed"):
        yield Violation("fullScopeAllowed", "gets all roles of its users")
    for uri in client.items("redirectUris"):
        if not uri.startswith(_OWN_PATHS):
            yield Violation("redirectUris", f"may be sent to {uri}", part=uri)
    if "*" in client.items("webOrigins"):
        yield Violation("webOrigins", "may be called from any page", part="*")
