"""Signing keys are rotated."""

from collections.abc import Iterator

from provision._lib.hints import command_line
from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="signing-key-age",
    severity="low",
    title="Signing keys are rotated",
    why="A key that was copied, from a backup or a database dump, makes tokens until it is replaced. Keycloak never replaces one by "
    "itself; its guide advises new keys every three to six months.",
    fix=f"{command_line('rotate keys', stack='STACK')} # a key that the stack file declares: declare its successor there",
    example='a further RealmKey: realm: "mcp", name: "rsa-generated", provider: "rsa-generated", ageDays: 1000',
    see="https://keycloak.org/docs/latest/server_admin/index.html#realm_keys",
    on=("RealmKey",),
    ephemeral="advisory",
    parameters={"maximumDays": 365},
    in_production={"maximumDays": 180},
)
def check(key: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the key is not too old; only a live realm shows a key's age, as ``ageDays``."""
    if not key.get("enabled") or not key.get("active"):
        return
    days, most = key.get("ageDays"), context.parameters["maximumDays"]
    if days is None:
        raise key.inconclusive("ageDays", "only Keycloak knows when the key was made; audit it live")
    if days > most:
        yield Violation("ageDays", f"signs for {days:.0f} days; {most} at most")
