"""Passwords can't be found by repeated guessing."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="realm-brute-force",
    severity="high",
    title="Passwords can't be guessed one after the other",
    why="The login page is open to the network. Without a lockout a program tries passwords by the thousand; Keycloak has the lockout "
    "switched off.",
    fix="bruteForceProtected: true # and failureFactor: 30",
    example="Realm: bruteForceProtected: false",
    see="https://keycloak.org/docs/latest/server_admin/index.html#password-guess-brute-force-attacks",
    on=("Realm",),
    parameters={"maximumFailures": 100},
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that failed logins lock a user out for a while, and soon enough."""
    most = context.parameters["maximumFailures"]
    if not realm.get("bruteForceProtected"):
        yield Violation("bruteForceProtected", "any number of passwords may be tried")
    elif realm.get("failureFactor") > most:
        yield Violation(
            "failureFactor",
            f"{realm.get('failureFactor'):.0f} passwords may be tried before a lockout; {most} at most",
            f"failureFactor: {most}",
        )
