"""Codes go to known hosts only."""

from collections.abc import Iterator

from provision._lib.urls import host, is_loopback
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.redirects import hosts_of_mcp_clients, is_one_of, redirects


@rule(
    id="client-foreign-redirect",
    severity="medium",
    title="Redirect URIs are on hosts that are allowed",
    why="Whoever runs the host of a redirect URI gets the authorization codes of all who log in to the client. A list of the hosts "
    "that were looked at finds the one that a typo, a copied example or an attacker brought in.",
    fix="provision:rules: {parameters: {client-foreign-redirect: {allowedHosts: [app.example.org]}}} # all that are right; or take it out",
    example='Client (access: "public"): redirectUris: ["https://app.attacker.example/callback"]',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#open-redirection",
    on=("Client",),
    beside=("McpServer", "KeycloakServer"),
    ephemeral="advisory",
    parameters={"allowedHosts": hosts_of_mcp_clients()},
)
def check(client: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that every host belongs to a known MCP client or the stack, or is this machine.

    A redirect URI that is a bare host or no URL redirects no browser, and passes. A server of the stack allows the host of
    its address, whether that is a URL or a bare host.
    """
    for redirect in redirects(client):
        known = (
            not redirect.by_web
            or "*" in redirect.host
            or is_loopback(redirect.host)
            or is_one_of(redirect.host, context.parameters["allowedHosts"])
        )
        if not known and not _own(redirect.host, context):
            yield Violation(redirect.path, f"is sent codes to {redirect.host}, which is not on the list")


def _own(name: str, context: RuleContext) -> bool:
    return any(host(str(resource.get("url") or "")) == name for kind in _OWN for resource in context.of(kind))


_OWN = ("McpServer", "KeycloakServer")
