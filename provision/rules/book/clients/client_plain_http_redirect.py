"""Codes cross the network encrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.urls import is_loopback
from provision.rules.changes import Set, Where
from provision.rules.redirects import redirects
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="client-plain-http-redirect",
    severity="high",
    title="Redirect URIs on other machines are https",
    why="The authorization code is in the redirect: by plain HTTP everybody on the way reads it, and may redeem it. Only a program on "
    "the user's own machine (`127.0.0.1`, `localhost`, `[::1]`) may be answered by HTTP.",
    fix="redirectUris: [https://app.example.org/callback] # https",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#communication-security",
    on=("Client",),
    breaks=(
        (Set(Where("Client", {"access": "public"}), {"redirectUris": ["http://vscode.dev/redirect"]}),),
        (
            Set(
                Where("Client", {"access": "public"}),
                {"rootUrl": "http://claude.ai", "redirectUris": ["/api/mcp/auth_callback"]},
            ),
        ),
    ),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """Redirect URIs with http are on this machine; a bare host and what is no URL lead no browser anywhere."""
    del scene
    for redirect in redirects(client):
        if redirect.scheme == "http" and redirect.by_web and not is_loopback(redirect.host):
            yield Violation(redirect.path, f"is sent codes by plain HTTP to {redirect.host}")
