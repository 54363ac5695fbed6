"""No public client of one's own may ask for offline access."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule

_SCOPE = "offline_access"


@rule(
    id="offline-access-public",
    severity="low",
    title="Public clients may not ask for offline access",
    why="With `offline_access` a client gets a refresh token that outlives the user's session. A public client keeps it without a secret: "
    "who copies it has the user's access for weeks. Keycloak makes the scope an optional one of every client.",
    fix="remove the scope offline_access from the client, if it need not work while its user is away",
    example='a further ClientScopeAssignment: realm: "mcp", client: "mcp-client", scope: "offline_access", kind: "optional"',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html#_offline-access",
    on=("ClientScopeAssignment",),
    beside=("Client",),
    ephemeral="advisory",
    production="advisory",
)
def check(membership: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that `offline_access` is no optional scope of a public client."""
    if membership.get("scope") != _SCOPE or membership.get("kind") != "optional":
        return
    name, realm = membership.get("client"), membership.get("realm")
    client = context.one("Client", realm=realm, clientId=name)
    if client is not None and client.get("access") == "public":
        yield Violation("scope", f"lets {name}, which has no secret, ask for offline access")
