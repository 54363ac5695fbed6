"""Passwords have a length."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_LENGTH = re.compile(r"(?<![A-Za-z])length(?:\((\d+)\))?")
_KEYCLOAKS = 8
"""What Keycloak takes for ``length`` without a number."""


@rule(
    id="realm-password-policy",
    severity="medium",
    title="Passwords have a length",
    why="Keycloak takes any password, even one of a single character, until the realm has a policy. A short or usual one is guessed within "
    "the attempts that the lockout leaves.",
    fix="realm: {passwordPolicy: length(12) and notUsername and notEmail} # of a Realm: passwordPolicy",
    see="https://keycloak.org/docs/latest/server_admin/index.html#_password-policies",
    on=("Realm",),
    profiles=("prod",),
    parameters={"minimumLength": 12},
    breaks_in="prod",
    breaks=(
        (Set(Where("Realm"), {"passwordPolicy": ""}),),
        (Set(Where("Realm"), {"passwordPolicy": "length(6)"}),),
    ),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """The policy asks for enough characters."""
    least = scene.parameters["minimumLength"]
    asked = _LENGTH.search(realm.get("passwordPolicy") or "")
    if asked is None:
        yield Violation("passwordPolicy", "passwords may be of any length")
    elif int(asked[1] or _KEYCLOAKS) < least:
        yield Violation(
            "passwordPolicy", f"passwords may have {asked[1] or _KEYCLOAKS} characters; {least} at least"
        )
