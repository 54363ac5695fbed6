"""A server's client does nothing but introspect."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.introspection import BESIDE, introspects


@rule(
    id="introspection-client-gets-tokens",
    severity="medium",
    title="A client that introspects gets no tokens of its own",
    why="Introspection needs the client's secret and no grant. With one that gives it tokens (client credentials, token exchange) the "
    "secret of the MCP server, if it leaks, is good for calls in the server's or even in its users' name.",
    fix="serviceAccounts: false # and tokenExchange: false",
    example='Client (access: "confidential"): serviceAccounts: true',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.3",
    on=("Client",),
    beside=BESIDE,
)
def check(client: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that client credentials and token exchange are off."""
    if client.get("access") == "public":  # has neither
        return
    for field, what in (("serviceAccounts", "client credentials"), ("tokenExchange", "token exchange")):
        if client.get(field) and introspects(client, context):
            yield Violation(
                field, f"introspects for an MCP server and gets tokens by {what}", f"{field}: false"
            )
