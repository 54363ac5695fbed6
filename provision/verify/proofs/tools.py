"""The tools work with a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.counts import counted
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.mcp_session import McpSession
from provision.verify.proofs.introspection import introspection
from provision.verify.proofs.token import token

if TYPE_CHECKING:
    from provision.verify.context import Context

CALLS = {"add_numbers": ({"a": 19, "b": 23}, 42), "multiply_numbers": ({"x": 6, "y": 7}, 42)}


@check("tools", "With a token, the tools are listed and answer", place=100)
def tools(context: Context) -> Evidence[None]:
    """List the tools, and call the tools of the reference server (MCP 2025-11-25, "Tools")."""
    try:
        return _used(context)
    except Failed:
        context.need(introspection)  # a server that can't introspect tokens refuses them all
        raise


def _used(context: Context) -> Evidence[None]:
    with McpSession(context.http, context.target.server_url, context.need(token)) as session:
        listed = session.tools()
        if not listed:
            raise Failed("the server lists no tool")
        if not context.target.is_reference:
            return Evidence(
                f"{counted(len(listed), 'tool')} listed; the tools are the server's own, so none was called",
                None,
            )
        called = [name for name in CALLS if name not in context.target.tool_scopes]
        for name in called:
            if name not in listed:
                raise Failed(f"the server lists no {name}")
            call(session, name)
    return Evidence(f"{' and '.join(called) or 'no tool'} gave the right results", None)


def call(session: McpSession, name: str) -> None:
    """Call a tool of the reference server.

    Raises:
        Failed: The result is wrong, or the call failed.
    """
    arguments, expected = CALLS[name]
    result = session.call(name, dict(arguments)).get("result")
    if result != expected:
        raise Failed(f"{name} of {arguments} is {result}, not {expected}")
