"""Registration is held to trusted hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Remove, Where
from provision.rules.registration import POLICIES, is_missing
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="registration-trusted-hosts",
    severity="high",
    title="Registration is held to trusted hosts",
    why="Without this policy anybody on the network can make clients in the realm, with a name and a redirect address of their "
    "choice, and so ask its users for access under a false name. It is the policy that shuts registration in a new realm; "
    "deleting it to make registration work opens it to the world.",
    fix="declare a TrustedHostsPolicy with the hosts that may register",
    see=POLICIES,
    on=("Realm",),
    beside=("TrustedHostsPolicy",),
    breaks=((Remove(Where("TrustedHostsPolicy", {"registration": "anonymous"})),),),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """There is a policy of trusted hosts."""
    if is_missing("TrustedHostsPolicy", realm, scene):
        yield Violation("", "has no Trusted Hosts policy: anybody can register clients")
