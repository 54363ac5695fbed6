"""Signing keys are rotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add
from provision.rules.rule import rule
from provision.rules.thing import UndecidedError, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="signing-key-age",
    severity="low",
    title="Signing keys are rotated",
    why="A key that was copied, from a backup or a database dump, makes tokens until it is replaced. Keycloak never replaces one by "
    "itself; its guide advises new keys every three to six months.",
    fix="type: RealmKey, name: rsa-2027-01, priority: 200 # then make the former key passive (active: false)",
    see="https://keycloak.org/docs/latest/server_admin/index.html#realm_keys",
    on=("RealmKey",),
    ephemeral="advisory",
    parameters={"maximumDays": 365},
    in_production={"maximumDays": 180},
    breaks=(
        (
            Add(
                "RealmKey",
                {"realm": "mcp", "name": "rsa-generated", "provider": "rsa-generated", "ageDays": 1000},
            ),
        ),
    ),
)
def check(key: Thing, scene: Scene) -> Iterator[Violation]:
    """A live realm tells how old a key is, as ``ageDays``; a program does not."""
    if not key.get("enabled") or not key.get("active"):
        return
    days, most = key.get("ageDays"), scene.parameters["maximumDays"]
    if days is None:
        raise UndecidedError(key.path("ageDays"), "only Keycloak knows when the key was made; audit it live")
    if days > most:
        yield Violation("ageDays", f"signs for {days:.0f} days; {most} at most")
