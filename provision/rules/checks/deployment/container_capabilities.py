"""A container has no unneeded capability."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="container-capabilities",
    severity="medium",
    title="A container has no capability that it does not need",
    why="Docker gives every container a dozen of root's rights, such as sending forged packets. Neither Keycloak nor an MCP server needs one.",
    fix="capabilities: drops [ALL], and no adds",
    example='Container: capabilitiesAdded: ["CAP_SYS_ADMIN"]',
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
    ephemeral="advisory",
    parameters={"allowed": []},
)
def check(container: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that all capabilities are dropped, and only allowed ones are added."""
    added = [_short(name) for name in container.get("capabilitiesAdded")]
    if extra := sorted(set(added) - {_short(name) for name in context.parameters["allowed"]}):
        yield Violation("capabilitiesAdded", f"adds {', '.join(extra)}")
    if "ALL" not in {_short(name) for name in container.get("capabilitiesDropped")}:
        yield Violation("capabilitiesDropped", "keeps the capabilities that every container gets")


def _short(name: str) -> str:
    return name.upper().removeprefix("CAP_")
