"""Tokens are signed so that only Keycloak can."""

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
    id="token-signature-algorithm",
    severity="high",
    title="Tokens are signed with a private key",
    why="A server checks a token's signature with the key that Keycloak publishes. With HS256 and its kin there is none to publish: "
    "whoever can check tokens has the key and can make them. `none` is no signature at all.",
    fix="defaultSignatureAlgorithm: RS256 # or PS256, ES256, EdDSA; of a Client: accessTokenSignatureAlgorithm",
    see="https://www.rfc-editor.org/rfc/rfc8725#section-3.2",
    on=("Realm", "Client"),
    parameters={
        "algorithms": [
            "RS256",
            "RS384",
            "RS512",
            "PS256",
            "PS384",
            "PS512",
            "ES256",
            "ES384",
            "ES512",
            "EdDSA",
        ],
    },
    breaks=(
        (Set(Where("Realm"), {"defaultSignatureAlgorithm": "HS256"}),),
        (Set(Where("Client", {"access": "public"}), {"accessTokenSignatureAlgorithm": "HS512"}),),
        (Set(Where("Client", {"access": "public"}), {"idTokenSignatureAlgorithm": "none"}),),
    ),
)
def check(thing: Thing, scene: Scene) -> Iterator[Violation]:
    """The realm's and each client's own."""
    fields = {
        "Realm": ("defaultSignatureAlgorithm",),
        "Client": ("accessTokenSignatureAlgorithm", "idTokenSignatureAlgorithm"),
    }
    for field in fields[thing.kind]:
        algorithm = thing.get(field)
        if algorithm and algorithm not in scene.parameters["algorithms"]:
            yield Violation(field, f"tokens are signed with {algorithm}")
