"""Keycloak's access log names no token."""

import re
from collections.abc import Iterator

from provision.rules import Resource, Violation, rule

_LOGGED = re.compile(
    r"%\{[io],((?:proxy-)?authorization|(?:set-)?cookie2?|dpop)\}|%\{c,[^}]+\}", re.IGNORECASE
)


@rule(
    id="keycloak-access-log",
    severity="medium",
    title="Keycloak's access log names no token",
    why="A pattern of one's own that names the Authorization or Cookie header writes tokens and sessions into the log in full; "
    "Keycloak hides them only in its own patterns.",
    fix="http-access-log-pattern=combined",
    example='KeycloakServer: accessLogPattern: "%h %r %{i,Authorization}"',
    see="https://www.keycloak.org/server/logging",
    on=("KeycloakServer",),
    ephemeral="advisory",
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the pattern writes no header or cookie that grants access."""
    for name in _LOGGED.findall(str(server.get("accessLogPattern"))):
        yield Violation("accessLogPattern", f"writes {name} into the log")
