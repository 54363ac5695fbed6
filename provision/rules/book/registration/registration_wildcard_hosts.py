"""Trusted hosts are named one by one."""

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
    id="registration-wildcard-hosts",
    severity="medium",
    title="Trusted hosts are named one by one",
    why="A wildcard trusts every host below a domain: pages of customers, forgotten names that somebody else can take over, "
    "names that others hand out. Any of them can then be where a client's logins lead.",
    fix="trustedHosts: [vscode.dev, claude.ai]",
    see=POLICIES,
    on=("TrustedHostsPolicy",),
    parameters={"allowed": []},
    breaks=(
        (Set(Where("TrustedHostsPolicy"), {"trustedHosts": ["localhost", "*.example.org"]}),),
        (Set(Where("TrustedHostsPolicy"), {"trustedHosts": ["*"]}),),
    ),
)
def check(policy: Thing, scene: Scene) -> Iterator[Violation]:
    """No trusted host has a wildcard."""
    for host in policy.items("trustedHosts"):
        if "*" in host and host not in scene.parameters["allowed"]:
            yield Violation("trustedHosts", f"trusts every host that fits {host}")
