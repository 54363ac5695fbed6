"""Changes that break the rule ``client-plain-http-redirect``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Client", {"access": "public"}), {"redirectUris": ["http://vscode.dev/redirect"]}),),
    (
        Set(
            Where("Client", {"access": "public"}),
            {"rootUrl": "http://claude.ai", "redirectUris": ["/api/mcp/auth_callback"]},
        ),
    ),
)
