"""Secrets of clients can't be guessed."""

import re
from collections.abc import Iterator

from provision._lib.hints import command_line
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.client_secrets import declared_secret


@rule(
    id="client-secret-weak",
    severity="high",
    title="Secrets of clients can't be guessed",
    why="Everybody can try secrets at Keycloak's token endpoint, and lists of the usual ones (`secret`, `changeme`, the client's own "
    "name) are the first that are tried. 22 random characters hold 128 bits.",
    fix=f"{command_line('secret set', 'introspectionClientSecret', stack='STACK')} # from `openssl rand -base64 33`",
    example='Client (access: "confidential"): secret: "changeme"',
    see="https://www.rfc-editor.org/rfc/rfc6749#section-10.10",
    on=("Client",),
    parameters={
        "minimumLength": 22,
        "known": [
            "admin",
            "changeit",
            "changeme",
            "change-me",
            "change_me",
            "client",
            "demo",
            "keycloak",
            "mcp",
            "password",
            "secret",
            "server",
            "test",
            "example",
        ],
    },
)
def check(client: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the secret is long enough without the easily guessed words."""
    secret = declared_secret(client)
    if secret is None:
        return
    least = int(context.parameters["minimumLength"])
    if len(secret) < least:
        yield Violation("secret", f"has a secret of fewer than {least} characters")
    elif len(set(secret)) < _FEWEST or len(_unforeseen(secret, client, context)) < least // 2:
        yield Violation("secret", "has a secret made of its name, usual words or few different characters")


_FEWEST = 8
"""The least number of different characters in a random secret."""
_SHORTEST = 3
"""The length from which a word in a secret is no coincidence."""


def _unforeseen(secret: str, client: Resource, context: RuleContext) -> str:
    """Return a secret without the client's name and the listed words."""
    words = sorted((client.get("clientId"), *context.parameters["known"]), key=len, reverse=True)
    pattern = "|".join(re.escape(word) for word in words if len(word) >= _SHORTEST)
    return re.sub(rf"{pattern}|[\W_]", "", secret, flags=re.IGNORECASE)
