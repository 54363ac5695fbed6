"""Each server has an audience of its own."""

from collections.abc import Iterator

from provision._lib.display_names import shown_name
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.audiences import audience_of


@rule(
    id="audience-shared",
    severity="high",
    title="Each server has an audience of its own",
    why="Two servers with one audience take each other's tokens: one that is broken into, or that is somebody else's, can call "
    "the other as the user.",
    fix="url: an address of its own for each server",
    example='a further McpServer: name: "weather", url: "http://localhost:3000/mcp", audience: "http://localhost:3000/mcp"',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#access-token-privilege-restriction",
    on=("McpServer",),
    beside=("McpServer",),
)
def check(server: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no other server has the same audience."""
    own = audience_of(server)
    for other in context.of("McpServer"):
        if other is not server and audience_of(other) == own:
            yield Violation("url", f"has the same audience as {shown_name(other.name)}: {own}")
