"""No container has the rights of the host machine."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="container-privileged",
    severity="high",
    title="No container has the rights of the machine",
    why="A privileged container is root on the machine: it reads every disk and every other container's secrets.",
    fix="privileged: false",
    example="Container: privileged: true",
    see="https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    on=("Container",),
)
def check(container: Resource) -> Iterator[Violation]:
    """Check that the container is not privileged."""
    if container.get("privileged"):
        yield Violation("privileged", "is privileged")
