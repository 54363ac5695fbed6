"""Signing keys are long enough."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="signing-key-size",
    severity="high",
    title="RSA keys have 2048 bits or more",
    why="Shorter RSA keys can be broken with money, and who has the private key makes tokens for every user.",
    fix="keySize: 2048 # or leave it out",
    example='a further RealmKey: realm: "mcp", name: "short", provider: "rsa-generated", keySize: 1024',
    see="https://www.rfc-editor.org/rfc/rfc7518#section-3.3",
    on=("RealmKey",),
    parameters={"minimumBits": 2048},
)
def check(key: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the key has enough bits; Keycloak makes keys of 2048."""
    if not key.get("enabled"):
        return
    bits, least = key.get("keySize"), context.parameters["minimumBits"]
    if bits is not None and bits < least:
        yield Violation("keySize", f"is an RSA key of {bits:.0f} bits", f"keySize: {least}")
