"""More powerful tools need further scopes."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="scope-for-all-tools",
    severity="low",
    title="Tools that do more need more",
    why="With one scope for all tools whoever can read can also write, and a user can't allow the one without the other. A tool"
    " that changes or reveals something needs a scope of its own, which the client asks for when it comes to it. A server "
    "with a single tool, or with harmless ones, needs none.",
    fix='provision:server: {toolScopes: {multiply_numbers: ["mcp:math:multiply"]}}',
    example="McpServer: toolScopes: {}",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#scope-minimization",
    on=("McpServer",),
    profiles=("staging", "prod"),
    production="advisory",
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that some tool needs another scope than the server's."""
    if not server.get("toolScopes"):
        yield Violation("toolScopes", f"needs {' '.join(server.items('scopes'))} for every tool")
