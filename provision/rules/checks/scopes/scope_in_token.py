"""Servers can see the scope in the token."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.audiences import BESIDE, SCOPES, is_looked_for


@rule(
    id="scope-in-token",
    severity="medium",
    title="Servers can see the scope in the token",
    why="A server looks for its scopes in the token's `scope` claim. A scope that is left out of it is granted and consented "
    "to, but no server can tell, so calls fail or the server stops looking.",
    fix="inTokenScope: true",
    example='ClientScope (name: "mcp:tools"): inTokenScope: false',
    see="https://www.keycloak.org/docs/latest/server_admin/#_client_scopes",
    on=("ClientScope",),
    beside=BESIDE,
    parameters=SCOPES,
)
def check(scope: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that a scope that a server looks for is in the claim `scope`."""
    if not scope.get("inTokenScope") and is_looked_for(scope, context):
        yield Violation("inTokenScope", f"{scope.get('name')} is not in the scope claim of tokens")
