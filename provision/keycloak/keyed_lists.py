"""Fields that hold a list under each key: attributes, and the roles of each client.

Each key is a declaration of its own: one that is not declared is left as it is, and an empty list takes a key away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def in_order(value: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The same with sorted lists: Keycloak keeps no order in them."""
    return {key: tuple(sorted(set(items))) for key, items in value.items()}


KeyedLists = Annotated[dict[str, tuple[str, ...]], AfterValidator(in_order)]


def merged(there: Mapping[str, Any], declared: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What is there with the declared keys put in; Keycloak drops those with an empty list."""
    return {key: list(items) for key, items in {**there, **declared}.items()}
