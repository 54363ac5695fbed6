"""Changes that break the rule ``introspection-client-gets-tokens``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Client", {"access": "confidential"}), {"serviceAccounts": True}),),
    (Set(Where("Client", {"access": "confidential"}), {"tokenExchange": True}),),
)
