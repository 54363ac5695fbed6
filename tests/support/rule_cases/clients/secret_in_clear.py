"""Changes that break the rule ``secret-in-clear``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Stack"), {"plainSecrets": ["introspectionClientSecret"]}),),
    (Set(Where("Resource"), {"inputs": {"config": {"clientSecret": "of-a-test"}}}),),
    (Set(Where("Resource"), {"inputs": {"env": [{"name": "API_KEY", "value": "of-a-test"}]}}),),
)
