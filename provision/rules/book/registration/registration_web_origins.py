"""Not every web page can register clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.registration import POLICIES
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="registration-web-origins",
    severity="medium",
    title="Not every web page can register clients",
    why="A browser sends a registration from any page whose origin is allowed. With `*` each page that a user opens can make "
    "clients from inside the network, where the sender is a trusted host.",
    fix='webOrigins: ["https://inspector.example.org"]',
    see=POLICIES,
    on=("RegistrationWebOriginsPolicy",),
    breaks=(
        (Set(Where("RegistrationWebOriginsPolicy", {"registration": "anonymous"}), {"webOrigins": ["*"]}),),
    ),
)
def check(policy: Thing, scene: Scene) -> Iterator[Violation]:
    """No origin has a wildcard."""
    del scene
    for origin in policy.items("webOrigins"):
        if "*" in origin:
            yield Violation("webOrigins", f"lets every page whose origin fits {origin} register clients")
