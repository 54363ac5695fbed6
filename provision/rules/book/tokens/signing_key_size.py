"""Signing keys can't be broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="signing-key-size",
    severity="high",
    title="RSA keys have 2048 bits or more",
    why="Shorter RSA keys can be broken with money, and who has the private key makes tokens for every user.",
    fix="keySize: 2048 # or leave it out",
    see="https://www.rfc-editor.org/rfc/rfc7518#section-3.3",
    on=("RealmKey",),
    parameters={"minimumBits": 2048},
    breaks=(
        (Add("RealmKey", {"realm": "mcp", "name": "short", "provider": "rsa-generated", "keySize": 1024}),),
    ),
)
def check(key: Thing, scene: Scene) -> Iterator[Violation]:
    """Keycloak's own size is 2048."""
    if not key.get("enabled"):
        return
    bits, least = key.get("keySize"), scene.parameters["minimumBits"]
    if bits is not None and bits < least:
        yield Violation("keySize", f"is an RSA key of {bits:.0f} bits", f"keySize: {least}")
