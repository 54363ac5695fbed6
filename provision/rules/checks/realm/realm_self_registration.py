"""Users can't create their own accounts."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="realm-self-registration",
    severity="medium",
    title="Nobody makes an account for themselves",
    why="With registration on, the login page offers an account to everybody who reaches it, and the account can log in to every client "
    "of the realm: a token is then no sign that somebody is known.",
    fix="registrationAllowed: false",
    example="Realm: registrationAllowed: true",
    see="https://keycloak.org/docs/latest/server_admin/index.html#con-user-registration_server_administration_guide",
    on=("Realm",),
    ephemeral="advisory",
)
def check(realm: Resource) -> Iterator[Violation]:
    """Check that user registration is off."""
    if realm.get("registrationAllowed"):
        yield Violation("registrationAllowed", "lets everybody who sees the login page make an account")
