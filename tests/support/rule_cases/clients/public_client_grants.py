"""Changes that break the rule ``public-client-grants``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("Client", {"access": "public"}), {"deviceGrant": True}),),)
