"""No client stays logged in without a request for it."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule

_SCOPE = "offline_access"


@rule(
    id="offline-access-default",
    severity="medium",
    title="No client gets offline access unasked",
    why="With the scope `offline_access` a client gets a refresh token that outlives the user's session, for weeks. As a default scope "
    "every client gets one at every login, whether it needs it or not; as an optional one it has to ask, and users see it.",
    fix="kind: optional # of the scope offline_access",
    example='a further RealmClientScopeAssignment: realm: "mcp", scope: "offline_access", kind: "default"',
    see="https://keycloak.org/docs/latest/server_admin/index.html#_offline-access",
    on=("RealmClientScopeAssignment", "ClientScopeAssignment", "RealmClientScopes"),
)
def check(membership: Resource) -> Iterator[Violation]:
    """Check that the scope `offline_access` is no default of the realm or of a client."""
    if membership.kind == "RealmClientScopes":
        if _SCOPE in membership.items("defaultScopes"):
            yield Violation(
                "defaultScopes", "every new client gets offline access at each login", part=_SCOPE
            )
    elif membership.get("scope") == _SCOPE and membership.get("kind") == "default":
        whose = (
            "every new client"
            if membership.kind == "RealmClientScopeAssignment"
            else membership.get("client")
        )
        yield Violation("kind", f"{whose} gets offline access at each login")
