"""Passwords have a minimum length."""

import re
from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule

_LENGTH = re.compile(r"(?<![A-Za-z])length(?:\((\d+)\))?")
_KEYCLOAKS = 8
"""Keycloak's value of ``length`` without a number."""


@rule(
    id="realm-password-policy",
    severity="medium",
    title="Passwords have a length",
    why="Keycloak takes any password, even one of a single character, until the realm has a policy. A short or usual one is guessed within "
    "the attempts that the lockout leaves.",
    fix="provision:realm: {passwordPolicy: length(12) and notUsername and notEmail} # of a Realm: passwordPolicy",
    example='Realm: passwordPolicy: ""',
    see="https://keycloak.org/docs/latest/server_admin/index.html#_password-policies",
    on=("Realm",),
    profiles=("staging", "prod"),
    parameters={"minimumLength": 12},
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the policy asks for enough characters."""
    least = context.parameters["minimumLength"]
    asked = _LENGTH.search(realm.get("passwordPolicy") or "")
    if asked is None:
        yield Violation("passwordPolicy", "passwords may be of any length")
    elif int(asked[1] or _KEYCLOAKS) < least:
        yield Violation(
            "passwordPolicy", f"passwords may have {asked[1] or _KEYCLOAKS} characters; {least} at least"
        )
