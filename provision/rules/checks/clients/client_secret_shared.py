"""Every client has a secret of its own."""

from collections.abc import Iterator

from provision._lib.hints import command_line
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.client_secrets import declared_secret


@rule(
    id="client-secret-shared",
    severity="medium",
    title="Every client has a secret of its own",
    why="Two clients with one secret can act as each other: whoever takes over one of the programs has both, and changing the secret "
    "breaks both at once.",
    fix=f"{command_line('secret set', 'servers[1].introspectionClientSecret', stack='STACK')} # each server has its own",
    example='a further Client: clientId: "other-server", name: "Introspection for another"',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.5",
    on=("Client",),
    beside=("Client",),
)
def check(client: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no other client has the same secret; of two clients, the later by name is reported."""
    secret = declared_secret(client)
    if secret is None:
        return
    own = _name(client)
    for other in context.of("Client", access="confidential", secret=secret):
        name = _name(other)
        if name < own:
            yield Violation("secret", f"has the same secret as {name[1]} in realm {name[0]}")
            return


def _name(client: Resource) -> tuple[str, str]:
    return client.get("realm"), client.get("clientId")
