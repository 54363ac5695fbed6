"""A program that has a secret needs no refresh token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="service-account-refresh-token",
    severity="low",
    title="Service accounts get no refresh tokens",
    why="A program with a secret asks for a new access token with it. A refresh token is one more secret that can be stolen, and makes "
    "a session that nobody ends.",
    fix="useRefreshTokenForClientCredentials: false",
    see="https://www.rfc-editor.org/rfc/rfc6749#section-4.4.3",
    on=("Client",),
    ephemeral="advisory",
    breaks=(
        (
            Add(
                "Client",
                {
                    "clientId": "nightly-report",
                    "secret": "of-a-break-and-long-enough",
                    "serviceAccounts": True,
                    "useRefreshTokenForClientCredentials": True,
                },
                like=Where("Client", {"access": "confidential"}),
            ),
        ),
    ),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """The client credentials grant answers without one."""
    del scene
    if client.get("serviceAccounts") and client.get("useRefreshTokenForClientCredentials"):
        yield Violation("useRefreshTokenForClientCredentials", "gets a refresh token that belongs to no user")
