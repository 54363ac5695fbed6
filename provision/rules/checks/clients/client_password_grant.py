"""No client takes passwords."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="client-password-grant",
    severity="high",
    title="No client takes passwords",
    why="With the password grant a client sees its users' passwords, and nothing can ask for a second factor or for consent. "
    "OAuth 2.1 no longer has it.",
    fix="directAccessGrants: false",
    example='Client (access: "public"): directAccessGrants: true',
    see="https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-10",
    on=("Client",),
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that the password grant is off."""
    if client.get("directAccessGrants"):
        yield Violation("directAccessGrants", "takes its users' passwords")
