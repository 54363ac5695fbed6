"""A public client logs people in, and does nothing else."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule

_GRANTS = {
    "deviceGrant": "gets tokens for whoever enters a code elsewhere",
    "tokenExchange": "exchanges tokens without proving who it is",
    "serviceAccounts": "has a service account without a secret",
    "cibaGrant": "gets tokens for whoever confirms a message",
    "jwtGrant": "gets tokens for assertions without proving who it is",
}


@rule(
    id="public-client-grants",
    severity="medium",
    title="Public clients use authorization code and PKCE only",
    why="Anybody can use the id of a public client. With the device or CIBA grant an attacker starts the login and has a victim confirm it, "
    "from anywhere and without a redirect URI; the other grants rely on who the client is, which a public client cannot show.",
    fix="deviceGrant: false # and the other grants; or access: confidential",
    example='Client (access: "public"): deviceGrant: true',
    see="https://www.rfc-editor.org/rfc/rfc8628#section-5.4",
    on=("Client",),
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that a public client has none of these grants."""
    if client.get("access") != "public":
        return
    for grant, what in _GRANTS.items():
        if client.get(grant):
            yield Violation(grant, what)
