"""Tokens are signed with keys that Keycloak or the program made."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="signing-key-undeclared",
    severity="high",
    title="Nobody else added a signing key",
    why="Whoever has a signing key of the realm makes tokens for every user, which every server takes. A key with a higher priority signs all "
    "new tokens; a key that was brought along is known to those who brought it.",
    fix="declare it as a RealmKey, or delete it in the admin console (Realm settings, Keys)",
    example='a further RealmKey: realm: "mcp", name: "brought-along", provider: "rsa-generated", declared: false',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html#realm_keys",
    on=("RealmKey",),
)
def check(key: Resource) -> Iterator[Violation]:
    """Check that the program, Keycloak or a rotation made the key; without a stack nothing is declared."""
    if key.properties.get("declared") is False and key.get("enabled"):
        yield Violation("", "is a key that neither the program nor a rotation made")
