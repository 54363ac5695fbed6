"""Codes cross the network encrypted."""

from collections.abc import Iterator

from provision._lib.urls import is_loopback
from provision.rules import Resource, Violation, rule
from provision.rules.helpers.redirects import redirects


@rule(
    id="client-plain-http-redirect",
    severity="high",
    title="Redirect URIs on other machines are https",
    why="The authorization code is in the redirect: by plain HTTP everybody on the way reads it, and may redeem it. Only a program on "
    "the user's own machine (`127.0.0.1`, `localhost`, `[::1]`) may be answered by HTTP.",
    fix="redirectUris: [https://app.example.org/callback] # https",
    example='Client (access: "public"): redirectUris: ["http://vscode.dev/redirect"]',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#communication-security",
    on=("Client",),
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that redirect URIs with http are on this machine; a bare host or no URL redirects no browser."""
    for redirect in redirects(client):
        if redirect.scheme == "http" and redirect.by_web and not is_loopback(redirect.host):
            yield Violation(redirect.path, f"is sent codes by plain HTTP to {redirect.host}")
