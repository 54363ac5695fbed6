"""No client gets tokens in a URL."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="client-implicit-flow",
    severity="high",
    title="No client gets tokens in a URL",
    why="With the implicit grant the access token is part of the address that the browser is sent to: it ends up in the history, "
    "in logs and in what other sites are told, and nothing binds it to the client. OAuth 2.1 no longer has it.",
    fix="implicitFlow: false",
    example='Client (access: "public"): implicitFlow: true',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.1.2",
    on=("Client",),
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that the implicit grant is off."""
    if client.get("implicitFlow"):
        yield Violation("implicitFlow", "gets access tokens in the address of a page")
