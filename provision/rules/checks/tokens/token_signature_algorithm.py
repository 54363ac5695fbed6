"""Only Keycloak can sign tokens."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="token-signature-algorithm",
    severity="high",
    title="Tokens are signed with a private key",
    why="A server checks a token's signature with the key that Keycloak publishes. With HS256 and its kin there is none to publish: "
    "whoever can check tokens has the key and can make them. `none` is no signature at all.",
    fix="defaultSignatureAlgorithm: RS256 # or PS256, ES256, EdDSA; of a Client: accessTokenSignatureAlgorithm",
    example='Realm: defaultSignatureAlgorithm: "HS256"',
    see="https://www.rfc-editor.org/rfc/rfc8725#section-3.2",
    on=("Realm", "Client"),
    parameters={
        "algorithms": [
            "RS256",
            "RS384",
            "RS512",
            "PS256",
            "PS384",
            "PS512",
            "ES256",
            "ES384",
            "ES512",
            "EdDSA",
        ],
    },
)
def check(resource: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the realm's algorithm and a client's own are allowed."""
    fields = {
        "Realm": ("defaultSignatureAlgorithm",),
        "Client": ("accessTokenSignatureAlgorithm", "idTokenSignatureAlgorithm"),
    }
    for field in fields[resource.kind]:
        algorithm = resource.get(field)
        if algorithm and algorithm not in context.parameters["algorithms"]:
            yield Violation(field, f"tokens are signed with {algorithm}")
