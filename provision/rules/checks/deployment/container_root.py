"""No container runs as root."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="container-root",
    severity="medium",
    title="No container runs as root",
    why="A hole in the server is then a hole as root: most ways out of a container begin there. Where no user is named, the image decides, and mostly for root.",
    fix='user: "10001:10001"',
    example="Container: user: null",
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
)
def check(container: Resource) -> Iterator[Violation]:
    """Check that the container's user is set, and is not root."""
    user = container.get("user")
    if not user:
        yield Violation("user", "runs as the user that its image names, which may be root")
    elif str(user).partition(":")[0] in {"0", "root"}:
        yield Violation("user", "runs as root")
