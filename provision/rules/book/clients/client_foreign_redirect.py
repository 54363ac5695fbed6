"""Codes go to hosts that somebody vouched for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.urls import host, is_loopback
from provision.rules.changes import Set, Where
from provision.rules.redirects import is_one_of, redirects
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="client-foreign-redirect",
    severity="medium",
    title="Redirect URIs are on hosts that are allowed",
    why="Whoever runs the host of a redirect URI gets the authorization codes of all who log in to the client. A list of the hosts "
    "that were looked at finds the one that a typo, a copied example or an attacker brought in.",
    fix="rules: {parameters: {client-foreign-redirect: {allowedHosts: [app.example.org]}}} # all that are right; or take it out",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#open-redirection",
    on=("Client",),
    beside=("McpServer", "KeycloakServer"),
    ephemeral="advisory",
    parameters={
        "allowedHosts": [
            "chatgpt.com",
            "claude.ai",
            "claude.com",
            "insiders.vscode.dev",
            "vscode.dev",
            "www.cursor.com",
        ],
    },
    breaks=(
        (
            Set(
                Where("Client", {"access": "public"}),
                {"redirectUris": ["https://app.attacker.example/callback"]},
            ),
        ),
    ),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """The hosts are those of known MCP clients, of the stack, or this machine.

    A redirect URI that is a bare host or no URL leads no browser anywhere, and is let pass. A server of the stack whose
    address is a bare host vouches for that host, and one whose address is no URL for none.
    """
    for redirect in redirects(client):
        known = (
            not redirect.by_web
            or "*" in redirect.host
            or is_loopback(redirect.host)
            or is_one_of(redirect.host, scene.parameters["allowedHosts"])
        )
        if not known and not _own(redirect.host, scene):
            yield Violation(redirect.path, f"is sent codes to {redirect.host}, which is not on the list")


def _own(name: str, scene: Scene) -> bool:
    return any(host(str(thing.get("url") or "")) == name for kind in _OWN for thing in scene.of(kind))


_OWN = ("McpServer", "KeycloakServer")
