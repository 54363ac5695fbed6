"""No registration brings a mapper that grants access."""

from collections.abc import Iterator

from provision.keycloak.builtin import HARMLESS_MAPPERS
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES


@rule(
    id="registration-mapper-types",
    severity="high",
    title="No registration brings a mapper that grants something",
    why="Mappers write claims into a client's tokens. With the types that are not harmless, a client that registers itself "
    "makes itself a token for another server (audience), with a role, or with any claim. Keycloak's own list has those that"
    " show the user's own data.",
    fix="allowedProtocolMapperTypes: leave it to Keycloak's own list",
    example='AllowedProtocolMappersPolicy (registration: "anonymous"): allowedProtocolMapperTypes: ["oidc-full-name-mapper", "oidc-audience-mapper"]',
    see=POLICIES,
    on=("AllowedProtocolMappersPolicy",),
    parameters={"harmless": [*HARMLESS_MAPPERS]},
)
def check(policy: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that all allowed types are harmless."""
    harmless = context.parameters["harmless"]
    for type_ in policy.items("allowedProtocolMapperTypes"):
        if type_ not in harmless:
            yield Violation(
                "allowedProtocolMapperTypes",
                f"lets a registration bring mappers of the type {type_}",
                part=type_,
            )
