"""Not every web page can register clients."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.registration import POLICIES


@rule(
    id="registration-web-origins",
    severity="medium",
    title="Not every web page can register clients",
    why="A browser sends a registration from any page whose origin is allowed. With `*` each page that a user opens can make "
    "clients from inside the network, where the sender is a trusted host.",
    fix='webOrigins: ["https://inspector.example.org"]',
    example='RegistrationWebOriginsPolicy (registration: "anonymous"): webOrigins: ["*"]',
    see=POLICIES,
    on=("RegistrationWebOriginsPolicy",),
)
def check(policy: Resource) -> Iterator[Violation]:
    """Check that no origin has a wildcard."""
    for origin in policy.items("webOrigins"):
        if "*" in origin:
            yield Violation(
                "webOrigins", f"lets every page whose origin fits {origin} register clients", part=origin
            )
