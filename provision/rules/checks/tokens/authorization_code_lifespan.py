"""Authorization codes are redeemed at once."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.durations import words


@rule(
    id="authorization-code-lifespan",
    severity="medium",
    title="Authorization codes are redeemed at once",
    why="A program redeems its code within a second. The longer an unused one is good, the longer a stolen one can be redeemed.",
    fix="accessCodeLifespan: 60 # seconds",
    example="Realm: accessCodeLifespan: 3600",
    see="https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2",
    on=("Realm",),
    parameters={"maximumSeconds": 600},
    in_production={"maximumSeconds": 120},
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the code lives at most ten minutes, as OAuth 2.1 requires."""
    seconds, most = realm.get("accessCodeLifespan"), context.parameters["maximumSeconds"]
    if seconds > most:
        yield Violation("accessCodeLifespan", f"codes are good for {words(seconds)}; {words(most)} at most")
