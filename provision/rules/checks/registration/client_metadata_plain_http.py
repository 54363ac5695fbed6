"""Client metadata comes over HTTPS."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule

_DOCUMENT = "clientIdMetadataDocument"


@rule(
    id="client-metadata-plain-http",
    severity="medium",
    title="Client metadata comes over HTTPS",
    why="The document says where logins of the client lead. Over plain HTTP whoever is on the way can change it, and have the "
    "codes of its users sent to themselves.",
    fix="clientIdMetadataDocument: {allowHttpScheme: false}",
    example='a further ClientProfile: realm: "mcp", name: "metadata", clientIdMetadataDocument: {"allowHttpScheme": false, "trustedDomains": ["vscode.dev"]}\nClientProfile (name: "metadata"): clientIdMetadataDocument: {"allowHttpScheme": true}',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-id-metadata-document-security",
    on=("ClientProfile",),
    ephemeral="advisory",
)
def check(profile: Resource) -> Iterator[Violation]:
    """Check that plain HTTP is not allowed."""
    if profile.get(f"{_DOCUMENT}.allowHttpScheme"):
        yield Violation(f"{_DOCUMENT}.allowHttpScheme", "takes client metadata over plain HTTP")
