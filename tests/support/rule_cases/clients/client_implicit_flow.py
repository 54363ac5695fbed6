"""Changes that break the rule ``client-implicit-flow``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("Client", {"access": "public"}), {"implicitFlow": True}),),)
