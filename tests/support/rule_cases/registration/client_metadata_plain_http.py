"""Changes that break the rule ``client-metadata-plain-http``."""

from tests.support.good_objects import CLIENT_METADATA
from tests.support.mutations import Set, Where

_DOCUMENT = "clientIdMetadataDocument"
BREAKS = (
    (
        CLIENT_METADATA,
        Set(Where("ClientProfile", {"name": "metadata"}), {_DOCUMENT: {"allowHttpScheme": True}}),
    ),
)
