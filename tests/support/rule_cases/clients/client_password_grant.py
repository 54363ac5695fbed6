"""Changes that break the rule ``client-password-grant``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("Client", {"access": "public"}), {"directAccessGrants": True}),),)
