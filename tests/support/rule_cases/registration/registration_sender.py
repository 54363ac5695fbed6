"""Changes that break the rule ``registration-sender``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("TrustedHostsPolicy"), {"hostSendingRegistrationRequestMustMatch": False}),),)
