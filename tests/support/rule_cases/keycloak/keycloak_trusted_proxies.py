"""Changes that break the rule ``keycloak-trusted-proxies``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("KeycloakServer"), {"proxyHeaders": "xforwarded", "proxyTrustedAddresses": []}),),)
