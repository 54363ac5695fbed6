"""Changes that break the rule ``registration-client-uris``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("TrustedHostsPolicy"), {"clientUrisMustMatch": False}),),)
