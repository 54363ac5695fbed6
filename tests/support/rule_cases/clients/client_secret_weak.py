"""Changes that break the rule ``client-secret-weak``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Client", {"access": "confidential"}), {"secret": "changeme"}),),
    (Set(Where("Client", {"access": "confidential"}), {"secret": "mcp-server-client-secret-changeme"}),),
    (Set(Where("Client", {"access": "confidential"}), {"secret": "x" * 32}),),
)
