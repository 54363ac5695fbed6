"""No secret stands among a program's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.secret_names import in_arguments
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="secret-in-arguments",
    severity="high",
    title="No secret stands among a program's arguments",
    why="Every user of the machine sees arguments in the list of processes, and they are written into logs and histories.",
    fix="a file that only the server can read, named by an argument such as --client-secret-file",
    see="https://cwe.mitre.org/data/definitions/214.html",
    on=("Container", "KeycloakServer", "McpServer"),
    breaks=(
        (Set(Where("McpServer"), {"arguments": ["serve", "--client-secret=of-a-test"]}),),
        (Set(Where("KeycloakServer"), {"arguments": ["-Djavax.net.ssl.trustStorePassword=of-a-test"]}),),
        (Set(Where("McpServer"), {"arguments": ["serve", "--api-token", "of-a-test"]}),),
    ),
)
def check(thing: Thing, scene: Scene) -> Iterator[Violation]:
    """Options that are named like secrets name files."""
    del scene
    arguments = thing.peek("arguments")
    for option in in_arguments(arguments if isinstance(arguments, (list, tuple)) else ()):
        yield Violation("arguments", f"has a secret after {option}")
    thing.get("arguments")
