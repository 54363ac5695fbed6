"""The record of what an object of ours was made with besides its fields: a document, packed into one text of the state."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BESIDES: Final = "besides"
"""The output that holds the record."""
Path = tuple[str, ...]
"""The names on the way to a value of a document."""


def packed(document: Mapping[str, Any]) -> str:
    """Return a document as the state keeps it: JSON, compressed, in base 64."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpacked(outputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the document that an object's outputs hold, or None if they hold no readable one."""
    try:
        found = json.loads(zlib.decompress(base64.b64decode(outputs[BESIDES])))
    except (KeyError, TypeError, ValueError, zlib.error):
        return None
    return found if isinstance(found, dict) else None


def leaves(document: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the values of a document with their paths; an empty object is a value, too."""
    if isinstance(document, dict) and document:
        for key, value in document.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, document


def tree(values: Iterable[tuple[Path, Any]]) -> dict[str, Any]:
    """Return the document with these values at these paths."""
    document: dict[str, Any] = {}
    for path, value in sorted(values, key=lambda item: item[0]):  # an empty object comes before what it holds
        owner = document
        for step in path[:-1]:
            owner = owner.setdefault(step, {})
        owner[path[-1]] = value
    return document


def without(document: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return a document without what stands at these paths and below."""
    rests: dict[str, list[Path]] = {}
    for path in paths:
        rests.setdefault(path[0], []).append(path[1:])
    kept = {}
    for key, value in document.items():
        if key not in rests:
            kept[key] = value
        elif () not in rests[key]:
            kept[key] = without(value, rests[key]) if isinstance(value, dict) else value
    return kept


def carried_over(
    recorded: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the record after a change of our own: what the change altered is recorded anew, everything else stays.

    Args:
        recorded: The record until now.
        before: What the object held just before the change.
        after: What the object holds just after the change.
    """
    then, now = dict(leaves(before)), dict(leaves(after))
    kept = {path: value for path, value in leaves(recorded) if path in now or path not in then}
    return tree({**kept, **{path: value for path, value in now.items() if then.get(path) != value}}.items())
