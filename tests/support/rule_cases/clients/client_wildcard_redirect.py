"""Changes that break the rule ``client-wildcard-redirect``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Client", {"access": "public"}), {"redirectUris": ["https://claude.ai/*"]}),),
    (Set(Where("Client", {"access": "public"}), {"redirectUris": ["*"]}),),
    (Set(Where("Client", {"access": "public"}), {"postLogoutRedirectUris": ["https://claude.ai/*"]}),),
)
