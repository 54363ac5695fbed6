"""Changes that break the rule ``container-image-digest``."""

from tests.support.mutations import Set, Where

STACK = "kubernetes"
BREAKS = ((Set(Where("Container"), {"image": "quay.io/keycloak/keycloak:26.8.0"}),),)
