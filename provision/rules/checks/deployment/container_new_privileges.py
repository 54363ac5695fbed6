"""No program in a container gains more rights than it began with."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="container-new-privileges",
    severity="medium",
    title="No program in a container gets more rights than it began with",
    why="A setuid program in the image makes root of any user, whatever user the container runs as.",
    fix="securityOpts: [no-new-privileges], or allowPrivilegeEscalation: false",
    example="Container: securityOptions: []",
    see="https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    on=("Container",),
    ephemeral="advisory",
)
def check(container: Resource) -> Iterator[Violation]:
    """Check that the option `no-new-privileges` is set."""
    options = [str(option).replace("=", ":") for option in container.get("securityOptions")]
    if not {"no-new-privileges", "no-new-privileges:true"} & set(options):
        yield Violation("securityOptions", "lets its programs gain rights")
