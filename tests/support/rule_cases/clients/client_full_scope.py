"""Changes that break the rule ``client-full-scope``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("Client", {"access": "public"}), {"fullScopeAllowed": True}),),)
