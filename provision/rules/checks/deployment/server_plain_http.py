"""An MCP server speaks HTTPS wherever others can reach it."""

from collections.abc import Iterator

from provision._lib.urls import host, is_loopback, is_plain
from provision.rules import Resource, Violation, rule


@rule(
    id="server-plain-http",
    severity="high",
    title="An MCP server speaks HTTPS where others can reach it",
    why="Every request carries the user's token. On plain HTTP everybody on the way can read it and use it until it ends (RFC 6750, section 5.3).",
    fix="tlsCertificateFile and tlsKeyFile, or a proxy in front that has a certificate",
    example='McpServer: url: "http://mcp.example.org/mcp"',
    see="https://datatracker.ietf.org/doc/html/rfc6750#section-5.3",
    on=("McpServer",),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the server's address is https, or on this machine.

    A bare host counts as https; text that begins with http: and is no URL is not on this machine.
    """
    url = server.get("url")
    if url and is_plain(url) and not is_loopback(host(url)):
        yield Violation("url", "is reached in clear")
    elif url and not is_plain(url) and not server.get("tls"):
        yield Violation("tls", "is reached over https but speaks plain HTTP, and no proxy is declared")
