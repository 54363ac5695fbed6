"""The limit for registration is reasonable."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES, is_anonymous


@rule(
    id="registration-max-clients",
    severity="low",
    title="The limit for registration is within reason",
    why="Registration goes on until the realm has that many clients, declared ones too. A limit far above what is used does not"
    " stop a script that registers clients by the thousand.",
    fix="maxClients: 200",
    example="MaxClientsPolicy: maxClients: 100000",
    see=POLICIES,
    on=("MaxClientsPolicy",),
    parameters={"most": 500},
    in_production={"most": 200},
)
def check(policy: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the limit is at most the configured one."""
    most = context.parameters["most"]
    if is_anonymous(policy) and policy.get("maxClients") > most:
        yield Violation("maxClients", f"lets clients register until there are more than {most}")
