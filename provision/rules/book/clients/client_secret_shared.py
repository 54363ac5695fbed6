"""Every client has a secret of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add, Where
from provision.rules.client_secrets import declared_secret
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="client-secret-shared",
    severity="medium",
    title="Every client has a secret of its own",
    why="Two clients with one secret can act as each other: whoever takes over one of the programs has both, and changing the secret "
    "breaks both at once.",
    fix="introspectionClientSecret: … # one for each of servers",
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.5",
    on=("Client",),
    beside=("Client",),
    breaks=(
        (
            Add(
                "Client",
                {"clientId": "other-server", "name": "Introspection for another"},
                like=Where("Client", {"access": "confidential"}),
            ),
        ),
    ),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """No other client has the same secret; of two, the later by name is told."""
    secret = declared_secret(client)
    if secret is None:
        return
    own = _name(client)
    for other in scene.of("Client", access="confidential", secret=secret):
        name = _name(other)
        if name < own:
            yield Violation("secret", f"has the same secret as {name[1]} in realm {name[0]}")
            return


def _name(client: Thing) -> tuple[str, str]:
    return client.get("realm"), client.get("clientId")
