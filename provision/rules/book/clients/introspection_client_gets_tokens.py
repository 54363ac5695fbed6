"""A server's client only asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.introspection import BESIDE, introspects
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="introspection-client-gets-tokens",
    severity="medium",
    title="A client that introspects gets no tokens of its own",
    why="Introspection needs the client's secret and no grant. With one that gives it tokens (client credentials, token exchange) the "
    "secret of the MCP server, if it leaks, is good for calls in the server's or even in its users' name.",
    fix="serviceAccounts: false # and tokenExchange: false",
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.3",
    on=("Client",),
    beside=BESIDE,
    breaks=(
        (Set(Where("Client", {"access": "confidential"}), {"serviceAccounts": True}),),
        (Set(Where("Client", {"access": "confidential"}), {"tokenExchange": True}),),
    ),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """Client credentials and token exchange are off."""
    if client.get("access") == "public":  # has neither
        return
    for field, what in (("serviceAccounts", "client credentials"), ("tokenExchange", "token exchange")):
        if client.get(field) and introspects(client, scene):
            yield Violation(
                field, f"introspects for an MCP server and gets tokens by {what}", f"{field}: false"
            )
