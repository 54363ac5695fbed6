"""No scope grants everything."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="scope-omnibus",
    severity="medium",
    title="No scope stands for everything",
    why="A scope such as `all` is asked for and consented to once and allows everything from then on. Whoever gets such a token"
    " can use every tool, and nobody can tell from the audit trail what the user meant to allow.",
    fix="name: what it allows, such as mcp:files:read",
    example='a further ClientScope: name: "all"',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#scope-minimization",
    on=("ClientScope",),
    parameters={"names": ["all", "everything", "full", "full-access", "full_access"]},
)
def check(scope: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that neither the name nor its last part is one of the listed words."""
    name = scope.get("name")
    if "*" in name or name.lower().rpartition(":")[2] in context.parameters["names"]:
        yield Violation("name", f"{name} stands for everything at once")
