"""No demonstration account is left in production."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="demo-user-in-production",
    severity="high",
    title="No demo user is in production",
    why="An account for trying things out has a password that many know or that stands in a file, and no person who would notice its "
    "use. A program that declares a password knows it, and so does everybody who can read its state.",
    fix="remove the User from the program; people get their accounts in the admin console or from a directory",
    example='a further User: realm: "mcp", username: "demo", email: "demo@example.org"',
    see="https://keycloak.org/docs/latest/server_admin/index.html#assembly-managing-users_server_administration_guide",
    on=("User",),
    profiles=("staging", "prod"),
    parameters={
        "usernames": [
            "alice",
            "bob",
            "demo",
            "demo-user",
            "guest",
            "mcp-user",
            "test",
            "testuser",
            "test-user",
        ]
    },
)
def check(user: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no user has a declared password, or a name that demonstrations use."""
    if user.get("username") in context.parameters["usernames"]:
        yield Violation("username", "has the name of an account for trying things out")
    elif user.properties.get("password") is not None:
        yield Violation("password", "has a password that the program knows")
