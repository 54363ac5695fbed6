"""No site but the client's own reads its answers."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="client-any-web-origin",
    severity="medium",
    title="No site but the client's own reads its answers",
    why="With the web origin `*` every web page that a user opens may call Keycloak's token endpoints for the client and read the "
    "answers. A client that runs in a browser needs its own origin only, others need none.",
    fix='webOrigins: ["+"] # the origins of the redirect URIs',
    example='Client (access: "public"): webOrigins: ["*"]',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.6",
    on=("Client",),
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that no web origin is a star; Keycloak compares other origins literally, so `/*` matches none."""
    for origin in client.items("webOrigins"):
        if origin == "*":
            yield Violation("webOrigins", "lets every web page read the answers to it", part=origin)
