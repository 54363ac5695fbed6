"""Passwords and tokens cross the network encrypted."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule

_STRICTNESS = ("none", "external", "all")


@rule(
    id="realm-ssl-required",
    severity="high",
    title="Keycloak is spoken to by HTTPS",
    why="Passwords, codes and tokens are in the requests to Keycloak: by plain HTTP everybody on the way reads them. `external` lets "
    "private addresses do without, which in production is everybody in the same network or cluster.",
    fix="provision:realm: {sslRequired: all} # external is enough for development",
    example='Realm: sslRequired: "none"',
    see="https://keycloak.org/docs/latest/server_admin/index.html#_ssl_modes",
    on=("Realm",),
    parameters={"atLeast": "external"},
    in_production={"atLeast": "all"},
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that HTTPS is required at least as strictly as the parameter says."""
    mode, least = realm.get("sslRequired"), context.parameters["atLeast"]
    if mode not in _STRICTNESS[_STRICTNESS.index(least) :]:
        who = "everybody" if mode == "none" else "private addresses"
        yield Violation("sslRequired", f"answers {who} by plain HTTP", f"sslRequired: {least}")
