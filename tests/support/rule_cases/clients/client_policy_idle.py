"""Changes that break the rule ``client-policy-idle``."""

from tests.support.mutations import Set, Where

_REGISTERED = Where("ClientPolicy", {"name": "mcp-registered"})
BREAKS = (
    (Set(_REGISTERED, {"enabled": False}),),
    (Set(_REGISTERED, {"profiles": []}),),
    (
        Set(
            _REGISTERED,
            {"conditions": [{"condition": "any-client", "configuration": {"is-negative-logic": True}}]},
        ),
    ),
)
