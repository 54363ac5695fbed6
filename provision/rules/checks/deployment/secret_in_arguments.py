"""No secret is among a program's arguments."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.secret_names import in_arguments


@rule(
    id="secret-in-arguments",
    severity="high",
    title="No secret stands among a program's arguments",
    why="Every user of the machine sees arguments in the list of processes, and they are written into logs and histories.",
    fix="a file that only the server can read, named by an argument such as --client-secret-file",
    example='McpServer: arguments: ["serve", "--client-secret=of-a-test"]',
    see="https://cwe.mitre.org/data/definitions/214.html",
    on=("Container", "KeycloakServer", "McpServer"),
)
def check(resource: Resource) -> Iterator[Violation]:
    """Check that options named like secrets hold paths of files."""
    arguments = resource.peek("arguments")
    for option in in_arguments(arguments if isinstance(arguments, (list, tuple)) else ()):
        yield Violation("arguments", f"has a secret after {option}")
    resource.get("arguments")
