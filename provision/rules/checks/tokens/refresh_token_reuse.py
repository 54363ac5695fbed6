"""A refresh token is good for one use."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="refresh-token-reuse",
    severity="high",
    title="A refresh token is good for one use",
    why="A public client has no secret, so a stolen refresh token is as good as the client's own. When each use gives a new one and "
    "ends the old, the second use of a stolen one shows the theft and ends the session. Keycloak does not rotate by itself.",
    fix="revokeRefreshToken: true # and refreshTokenMaxReuse: 0",
    example="Realm: revokeRefreshToken: false",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#token-theft",
    on=("Realm",),
)
def check(realm: Resource) -> Iterator[Violation]:
    """Check that refresh tokens rotate, and that none may be used again."""
    if not realm.get("revokeRefreshToken"):
        yield Violation("revokeRefreshToken", "refresh tokens are good for any number of uses")
        return
    again = realm.get("refreshTokenMaxReuse")
    if again:
        yield Violation("refreshTokenMaxReuse", f"refresh tokens may be used {again:.0f} more times")
