"""A program that has a secret needs no refresh token."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="service-account-refresh-token",
    severity="low",
    title="Service accounts get no refresh tokens",
    why="A program with a secret asks for a new access token with it. A refresh token is one more secret that can be stolen, and makes "
    "a session that nobody ends.",
    fix="useRefreshTokenForClientCredentials: false",
    example='a further Client: clientId: "nightly-report", secret: "of-a-break-and-long-enough", serviceAccounts: true, useRefreshTokenForClientCredentials: true',
    see="https://www.rfc-editor.org/rfc/rfc6749#section-4.4.3",
    on=("Client",),
    ephemeral="advisory",
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that the client credentials grant gives no refresh token."""
    if client.get("serviceAccounts") and client.get("useRefreshTokenForClientCredentials"):
        yield Violation("useRefreshTokenForClientCredentials", "gets a refresh token that belongs to no user")
