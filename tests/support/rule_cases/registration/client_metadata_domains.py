"""Changes that break the rule ``client-metadata-domains``."""

from tests.support.good_objects import CLIENT_METADATA
from tests.support.mutations import Set, Where

_DOCUMENT = "clientIdMetadataDocument"
BREAKS = tuple(
    (
        CLIENT_METADATA,
        Set(Where("ClientProfile", {"name": "metadata"}), {_DOCUMENT: {"trustedDomains": [domain]}}),
    )
    for domain in ("*", "*.example.org")
)
