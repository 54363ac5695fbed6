"""No registration brings a mapper that grants something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.keycloak.builtin import HARMLESS_MAPPERS
from provision.rules.changes import Set, Where
from provision.rules.registration import POLICIES
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="registration-mapper-types",
    severity="high",
    title="No registration brings a mapper that grants something",
    why="Mappers write claims into a client's tokens. With the types that are not harmless, a client that registers itself "
    "makes itself a token for another server (audience), with a role, or with any claim. Keycloak's own list has those that"
    " show the user's own data.",
    fix="allowedProtocolMapperTypes: leave it to Keycloak's own list",
    see=POLICIES,
    on=("AllowedProtocolMappersPolicy",),
    parameters={"harmless": [*HARMLESS_MAPPERS]},
    breaks=tuple(
        (
            Set(
                Where("AllowedProtocolMappersPolicy", {"registration": registration}),
                {"allowedProtocolMapperTypes": ["oidc-full-name-mapper", type_]},
            ),
        )
        for registration, type_ in (
            ("anonymous", "oidc-audience-mapper"),
            ("anonymous", "oidc-hardcoded-role-mapper"),
            ("authenticated", "oidc-hardcoded-claim-mapper"),
        )
    ),
)
def check(policy: Thing, scene: Scene) -> Iterator[Violation]:
    """All allowed types are harmless ones."""
    harmless = scene.parameters["harmless"]
    for type_ in policy.items("allowedProtocolMapperTypes"):
        if type_ not in harmless:
            yield Violation(
                "allowedProtocolMapperTypes", f"lets a registration bring mappers of the type {type_}"
            )
