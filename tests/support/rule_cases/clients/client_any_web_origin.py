"""Changes that break the rule ``client-any-web-origin``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("Client", {"access": "public"}), {"webOrigins": ["*"]}),),)
