"""Client metadata comes over HTTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.examples import CLIENT_METADATA
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_DOCUMENT = "clientIdMetadataDocument"


@rule(
    id="client-metadata-plain-http",
    severity="medium",
    title="Client metadata comes over HTTPS",
    why="The document says where logins of the client lead. Over plain HTTP whoever is on the way can change it, and have the "
    "codes of its users sent to themselves.",
    fix="clientIdMetadataDocument: {allowHttpScheme: false}",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-id-metadata-document-security",
    on=("ClientProfile",),
    ephemeral="advisory",
    breaks=(
        (
            CLIENT_METADATA,
            Set(Where("ClientProfile", {"name": "metadata"}), {_DOCUMENT: {"allowHttpScheme": True}}),
        ),
    ),
)
def check(profile: Thing, scene: Scene) -> Iterator[Violation]:
    """Plain HTTP is not allowed."""
    del scene
    if profile.get(f"{_DOCUMENT}.allowHttpScheme"):
        yield Violation(f"{_DOCUMENT}.allowHttpScheme", "takes client metadata over plain HTTP")
