"""Nobody logs in to a realm of people with a password alone."""

from collections.abc import Iterator

from provision.keycloak.builtin import ADMIN_CLI
from provision.rules import Resource, Violation, rule

_MASTER = "master"


@rule(
    id="admin-cli-passwords",
    severity="medium",
    title="admin-cli takes no passwords",
    why="In every new realm Keycloak's client `admin-cli` is public and takes passwords: whoever reaches Keycloak may try them there, past "
    "the login page, a second factor and consent. Only `kcadm` with a user's password needs that.",
    fix="a Client: clientId: admin-cli, directAccessGrants: false # or kcadm.sh update clients/ID -r REALM -s directAccessGrantsEnabled=false",
    example='a further Client: realm: "mcp", clientId: "admin-cli", directAccessGrants: true',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.4",
    on=("Client",),
    keycloaks_own=True,
    ephemeral="advisory",
    production="advisory",
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that `admin-cli` has no password grant, but in master, where it is for administrators."""
    if client.get("clientId") != ADMIN_CLI or client.get("realm") == _MASTER:
        return
    if client.get("enabled") and client.get("directAccessGrants"):
        yield Violation("directAccessGrants", "takes the passwords of the realm's users")
