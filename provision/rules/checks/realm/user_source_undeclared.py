"""People come from where the program says."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="user-source-undeclared",
    severity="high",
    title="Users come only from where the program says",
    why="An identity provider or a user federation decides who a user is. Whoever added one beside the program can log in as anybody whose "
    "address or name it tells, and the realm's own password rules count no more.",
    fix="declare it as an IdentityProvider or LdapUserFederation, or remove it: identity-provider/instances or components in the admin console",
    example='a further UserSource: realm: "mcp", name: "elsewhere", type: "oidc", enabled: true, declared: false',
    see="https://www.keycloak.org/docs/latest/server_admin/index.html#_identity_broker",
    on=("UserSource",),
)
def check(source: Resource) -> Iterator[Violation]:
    """Check that the program of the stack declares the source; without a stack nothing is declared."""
    if source.properties.get("declared") is False and source.get("enabled"):
        yield Violation("", f"brings users by {source.get('type')}, and no program declares it")
