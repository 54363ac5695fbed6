"""No program in a container gets more rights than it began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="container-new-privileges",
    severity="medium",
    title="No program in a container gets more rights than it began with",
    why="A setuid program in the image makes root of any user, whatever user the container runs as.",
    fix="securityOpts: [no-new-privileges], or allowPrivilegeEscalation: false",
    see="https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    on=("Container",),
    ephemeral="advisory",
    breaks=((Set(Where("Container"), {"securityOptions": []}),),),
    breaks_in="docker",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """That is switched off."""
    del scene
    options = [str(option).replace("=", ":") for option in container.get("securityOptions")]
    if not {"no-new-privileges", "no-new-privileges:true"} & set(options):
        yield Violation("securityOptions", "lets its programs gain rights")
