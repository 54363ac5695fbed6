"""Every client policy has an effect."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="client-policy-idle",
    severity="medium",
    title="Every client policy has an effect",
    why="Client policies hold what every client has to keep, such as PKCE and what clients may ask for that register themselves. One that is "
    "off, has no profile or no condition that can hold is kept by nobody, and looks as if it were.",
    fix="enabled: true # with profiles and a condition such as anyClient; or remove the policy",
    example='ClientPolicy (name: "mcp-registered"): enabled: false',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html#_client_policies",
    on=("ClientPolicy",),
)
def check(policy: Resource) -> Iterator[Violation]:
    """Check that the policy is on, names a profile, and has no condition that never holds."""
    if not policy.get("enabled"):
        yield Violation("enabled", "is off")
    if not policy.get("profiles"):
        yield Violation("profiles", "asks for no profile")
    for item in policy.get("conditions") or ():
        configuration = item.get("configuration") or {}
        negative = configuration.get("is-negative-logic", configuration.get("is_negative_logic"))
        if item.get("condition") == "any-client" and str(negative).lower() == "true":
            yield Violation("conditions", "asks for a client that is no client")
