"""A production image is named by its digest."""

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
    id="container-image-digest",
    severity="medium",
    title="A production image is named by its digest",
    why="A tag can be moved to another image: the next start then runs what nobody here has seen.",
    fix="image: quay.io/keycloak/keycloak:26.8.0@sha256:…",
    see="https://docs.docker.com/build/building/best-practices/",
    on=("Container",),
    profiles=("prod",),
    breaks=((Set(Where("Container"), {"image": "quay.io/keycloak/keycloak:26.8.0"}),),),
    breaks_in="kubernetes",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """It has a digest, or is one."""
    del scene
    if "sha256:" not in str(container.get("image")):
        yield Violation("image", "is named by a tag")
