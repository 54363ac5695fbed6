"""A public client with offline access asks its user, and its refresh tokens rotate and end."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule

_SCOPE = "offline_access"


@rule(
    id="offline-access-public",
    severity="low",
    title="Offline access of public clients is consented to, rotates and ends",
    why="With `offline_access` a client gets a refresh token that outlives the user's session, and a public client keeps it without a "
    "secret. MCP clients ask for the scope wherever Keycloak lists it, and can't log in where it is refused. So the user has to agree, a "
    "copied token has to be noticed (rotation), and the access has to end.",
    fix="consentRequired: true # or remove the scope offline_access from the client",
    example='a further Client: realm: "mcp", clientId: "app", access: "public"\n'
    'a further ClientScopeAssignment: realm: "mcp", client: "app", scope: "offline_access", kind: "optional"',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2",
    on=("ClientScopeAssignment",),
    beside=("Client", "Realm"),
    ephemeral="advisory",
    production="advisory",
)
def check(membership: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check a public client's optional scope `offline_access` for consent, rotation and an end of offline sessions."""
    if membership.get("scope") != _SCOPE or membership.get("kind") != "optional":
        return
    name, place = membership.get("client"), membership.get("realm")
    client = context.one("Client", realm=place, clientId=name)
    if client is None or client.get("access") != "public":
        return
    if not client.get("consentRequired"):
        yield Violation(
            "scope", f"lets {name}, which has no secret, have offline access without its user's consent"
        )
    realm = context.one("Realm", name=place)
    if realm is None:
        return
    if not realm.get("revokeRefreshToken") or realm.get("refreshTokenMaxReuse"):
        yield Violation(
            "scope",
            f"gives {name}, which has no secret, refresh tokens that may be used again",
            "revokeRefreshToken: true # of the Realm, with refreshTokenMaxReuse: 0",
        )
    if not realm.get("offlineSessionMaxLifespanEnabled"):
        yield Violation(
            "scope",
            f"gives {name}, which has no secret, offline access without an end",
            "offlineSessionMaxLifespanEnabled: true # of the Realm",
        )
