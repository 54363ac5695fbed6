"""Changes that break the rule ``token-signature-algorithm``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Realm"), {"defaultSignatureAlgorithm": "HS256"}),),
    (Set(Where("Client", {"access": "public"}), {"accessTokenSignatureAlgorithm": "HS512"}),),
    (Set(Where("Client", {"access": "public"}), {"idTokenSignatureAlgorithm": "none"}),),
)
