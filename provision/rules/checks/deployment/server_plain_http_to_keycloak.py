"""An MCP server reaches Keycloak over HTTPS."""

from collections.abc import Iterator

from provision._lib.urls import host, is_loopback, is_plain
from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="server-plain-http-to-keycloak",
    severity="high",
    title="An MCP server reaches Keycloak over HTTPS",
    why="Introspection sends the user's token and the server's secret, and whoever changes the key set on its way makes tokens of their own. "
    "RFC 7662, section 4, wants TLS.",
    fix="introspection_url and jwks_url: https addresses of Keycloak",
    example='McpServer: introspectionUrl: "http://login.example.org/realms/mcp"',
    see="https://datatracker.ietf.org/doc/html/rfc7662#section-4",
    on=("McpServer",),
    parameters={"plainHosts": [], "plainNamesWithoutDots": True},
    in_production={"plainNamesWithoutDots": False},
)
def check(server: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that plain HTTP stays on this machine or, for trying things out, in a network of containers.

    A bare host is not plain HTTP; text that begins with http: and is no URL is not allowed.
    """
    for path in ("introspectionUrl", "jwksUrl"):
        url = server.get(path)
        if url and is_plain(url) and not _allowed(host(url), context):
            yield Violation(path, f"asks {host(url) or 'what is no URL'} in clear")


def _allowed(name: str, context: RuleContext) -> bool:
    # A name without dots belongs to a container network: no other machine answers to it.
    inside = bool(name) and context.parameters["plainNamesWithoutDots"] and not {".", ":"} & set(name)
    return inside or is_loopback(name) or name in context.parameters["plainHosts"]
