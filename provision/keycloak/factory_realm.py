"""The record of a fresh realm, and of a new object of each sort, as of the version in ``keycloak/version.py``.

``provision adopt`` subtracts them from a realm, so that it can name each thing that people added or changed.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

KEYS: Final = "org.keycloak.keys.KeyProvider"
"""The type of the components that are keys."""
PLACE: Final = "{realm}"
"""The text that stands in the record for the realm's name."""
_FILE = "factory_realm.json"
_IDS = frozenset({"id", "internalId", "containerId", "parentId", "_containerId"})


def factory(realm: str, default_role: str) -> dict[str, Any]:
    """Return the record for a realm.

    Args:
        realm: The realm's name, which some of Keycloak's own objects bear.
        default_role: The name of the realm's default role, which a realm keeps when it gets another name.
    """
    text = _text().replace(f"default-roles-{PLACE}", _quoted(default_role)).replace(PLACE, _quoted(realm))
    made: dict[str, Any] = json.loads(text)
    return made


def recorded() -> Any:
    """Return the record as it is in the file, with :data:`PLACE` for the realm's name."""
    return json.loads(_text())


def without_ids(value: Any) -> Any:
    """Return plain data without Keycloak's internal ids."""
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key not in _IDS}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    """Return whether two values mean the same: nothing, false, an empty text and an empty list do, and lists have no order."""
    return bool(_normal(one) == _normal(other))


def _normal(value: Any) -> Any:
    """Return a value in which what is empty or off is None, and a list has no order."""
    if isinstance(value, dict):
        kept = {key: _normal(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None} or None
    if isinstance(value, (list, tuple)):
        return (
            sorted((_normal(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
            or None
        )
    return None if value in ("", "false", False) else value


def _quoted(name: str) -> str:
    return json.dumps(name)[1:-1]


@cache
def _text() -> str:
    return (files(__package__) / _FILE).read_text(encoding="utf-8")
