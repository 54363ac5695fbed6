"""Changes that break the rule ``public-client-grants``."""

from tests.support.mutations import Set, Where

_PUBLIC = Where("Client", {"access": "public"})
BREAKS = (
    (Set(_PUBLIC, {"deviceGrant": True}),),
    (Set(_PUBLIC, {"tokenExchange": True}),),
)
