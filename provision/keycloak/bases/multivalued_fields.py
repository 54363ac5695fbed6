"""Fields that hold a list under each key: attributes, and the roles of each client.

Each key is a declaration of its own: a key that is not declared stays unchanged, and an empty list removes a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


COLUMN: Final = 255
"""The number of characters that Keycloak's database holds of most names and values."""


def in_order(value: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the value with sorted lists: Keycloak keeps no order in them."""
    return {key: tuple(sorted(set(items))) for key, items in value.items()}


def _within_the_column(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Refuse a value that is longer than its column: Keycloak answers with an internal error."""
    if any(len(text) > COLUMN for key, items in value.items() for text in (key, *items)):
        raise ValueError(f"Keycloak keeps at most {COLUMN} characters of a name or a value")
    return value


KeyedLists = Annotated[dict[str, tuple[str, ...]], AfterValidator(in_order)]


ShortKeyedLists = Annotated[KeyedLists, AfterValidator(_within_the_column)]
"""The type of the attributes of roles and groups."""


def merged(there: Mapping[str, Any], declared: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the present lists with the declared keys put in; Keycloak drops keys with an empty list."""
    return {key: list(items) for key, items in {**there, **declared}.items()}
