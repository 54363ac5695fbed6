"""Strategies for damaged documents: a good one with values of other types, missing, renamed, repeated or nested anywhere."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(
        ["", " ", "true", "NONE", "..", ".", "%2e", "${env:X}", "\x1b]0;x\x07", "\x00", "ü", "*", "a" * 300]
    )
    | st.text(max_size=20)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
"""Any JSON value."""


@st.composite
def damaged(draw: st.DrawFn, good: Any, *, most: int = 3) -> Any:
    """Return a copy of a document with up to ``most`` places damaged."""
    document = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, most))):
        places = [*_places(document)]
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        how = draw(st.sampled_from(["replace", "replace", "remove", "wrap", "twice", "add"]))
        if how == "replace":
            holder[key] = draw(ANYTHING)
        elif how == "remove":
            del holder[key]
        elif how == "wrap":
            holder[key] = draw(st.sampled_from([[holder[key]], {"x": holder[key]}, str(holder[key])]))
        elif how == "twice" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif isinstance(holder, dict):
            holder[draw(st.text(max_size=10))] = draw(ANYTHING)
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)
