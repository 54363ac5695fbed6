"""Secrets of clients can't be guessed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.client_secrets import declared_secret
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="client-secret-weak",
    severity="high",
    title="Secrets of clients can't be guessed",
    why="Everybody can try secrets at Keycloak's token endpoint, and lists of the usual ones (`secret`, `changeme`, the client's own "
    "name) are the first that are tried. 22 random characters hold 128 bits.",
    fix="provision secret set introspectionClientSecret # from `openssl rand -base64 33`",
    see="https://www.rfc-editor.org/rfc/rfc6749#section-10.10",
    on=("Client",),
    parameters={
        "minimumLength": 22,
        "known": [
            "admin",
            "changeit",
            "changeme",
            "change-me",
            "change_me",
            "client",
            "demo",
            "keycloak",
            "mcp",
            "password",
            "secret",
            "server",
            "test",
            "example",
        ],
    },
    breaks=(
        (Set(Where("Client", {"access": "confidential"}), {"secret": "changeme"}),),
        (Set(Where("Client", {"access": "confidential"}), {"secret": "mcp-server-client-secret-changeme"}),),
        (Set(Where("Client", {"access": "confidential"}), {"secret": "x" * 32}),),
    ),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """Long enough, even without the words that everybody would try."""
    secret = declared_secret(client)
    if secret is None:
        return
    least = int(scene.parameters["minimumLength"])
    if len(secret) < least:
        yield Violation("secret", f"has a secret of fewer than {least} characters")
    elif len(set(secret)) < _FEWEST or len(_unforeseen(secret, client, scene)) < least // 2:
        yield Violation("secret", "has a secret made of its name, usual words or few different characters")


_FEWEST = 8
"""Fewer different characters than this are a pattern, not chance."""
_SHORTEST = 3
"""Shorter words are in random secrets by chance."""


def _unforeseen(secret: str, client: Thing, scene: Scene) -> str:
    """What is left of a secret without the client's name and the words of the list."""
    words = sorted((client.get("clientId"), *scene.parameters["known"]), key=len, reverse=True)
    pattern = "|".join(re.escape(word) for word in words if len(word) >= _SHORTEST)
    return re.sub(rf"{pattern}|[\W_]", "", secret, flags=re.IGNORECASE)
