"""Client metadata comes from known hosts."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule

_DOCUMENT = "clientIdMetadataDocument"


@rule(
    id="client-metadata-domains",
    severity="medium",
    title="Client metadata comes from hosts that are known",
    why="With the address of its metadata as its id, whoever can publish a document on a trusted host is a client, and may send"
    " users to every trusted host. With a wildcard that is everybody who gets a page or a name below the domain. Keycloak "
    "fetches the document, also from hosts that only it can reach.",
    fix="clientIdMetadataDocument: {trustedDomains: [vscode.dev, claude.ai]}",
    example='a further ClientProfile: realm: "mcp", name: "metadata", clientIdMetadataDocument: {"allowHttpScheme": false, "trustedDomains": ["vscode.dev"]}\nClientProfile (name: "metadata"): clientIdMetadataDocument: {"trustedDomains": ["*"]}',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-id-metadata-document-security",
    on=("ClientProfile",),
    parameters={"allowed": []},
)
def check(profile: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no trusted domain has a wildcard."""
    for domain in profile.items(f"{_DOCUMENT}.trustedDomains"):
        if "*" in domain and domain not in context.parameters["allowed"]:
            yield Violation(
                f"{_DOCUMENT}.trustedDomains",
                f"takes client metadata from every host that fits {domain}",
                part=domain,
            )
