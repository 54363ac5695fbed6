"""Changes that break the rule ``signing-key-size``."""

from tests.support.mutations import Add

BREAKS = (
    (Add("RealmKey", {"realm": "mcp", "name": "short", "provider": "rsa-generated", "keySize": 1024}),),
)
