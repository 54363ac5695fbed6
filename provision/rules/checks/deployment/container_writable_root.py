"""A container can't change its own programs."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="container-writable-root",
    severity="low",
    title="A container can't change its own programs",
    why="Whoever gets in can put programs there that stay, or change the server's own.",
    fix="readOnly: true, with tmpfs for what must be written",
    example="Container: readOnlyRoot: false",
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
    ephemeral="advisory",
)
def check(container: Resource) -> Iterator[Violation]:
    """Check that the root file system is read-only."""
    if not container.get("readOnlyRoot"):
        yield Violation("readOnlyRoot", "can write to its root")
