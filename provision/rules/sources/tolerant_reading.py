"""The reading of one representation, in which a value that cannot be read hides only what is read from it.

A handler reads a representation as a whole. Which properties come from a damaged value is found by asking the handler:
with other values in that place, exactly these properties change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from provision.core.spec import Mark
from provision.keycloak.bases.representation import fields_at, misread, odd_switches, untold
from provision.rules.model import unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.core.spec import Spec

NULLS: Final = ""
"""The key under which a representation lists the keys that the file gave as null; Keycloak has no such key."""
SWITCHES: Final = ("bearerOnly", "frontchannelLogout", "publicClient")
"""Keys of a client that are true or false, and from which handlers compute properties."""
DEFECTS: Final = (ValueError, LookupError, TypeError, AttributeError)
"""Errors caused by a value that Keycloak would not write."""
_PLACEHOLDER: Final = re.compile(r"\$\{(?P<name>[^}]*)\}|\$\([A-Za-z]+:[^)]*\)|\{\{.*?\}\}")
_KEYCLOAKS_OWN: Final = re.compile(r"client_id|authBaseUrl|authAdminUrl|vault\..*")
"""The names in ``${…}`` that Keycloak itself fills in, at each use."""
_SEEN_BY_PEOPLE: Final = frozenset(
    {
        *(("description",), ("displayName",), ("displayNameHtml",), ("name",)),
        *(("attributes", "consent.screen.text"), ("config", "displayText")),
    }
)
"""The places of texts that people see: there ``${…}`` names a text in the user's language."""
_NAMES_OF_PARTS: Final = frozenset({"displayDescription", "displayHeader", "displayName"})
"""Keys of such texts in the parts of a property, as in the attributes of the user profile."""
NOT_NAMES: Final = "$(unreadable:names)"
"""Stands in an export for names where the file has something else."""
_PROBES: Final[tuple[Any, ...]] = (
    None, True, False, "true", "false", "S256", "token", "x", "y", 7, ["x"], ["y", "true"], {"x": ["y"]},
)  # fmt: skip
_KINDS: Final = frozenset({"condition", "executor", "identityProviderMapper"})
"""Keys whose value says what the values beside it mean."""
_STAND_IN: Final = "a placeholder stands there"


def is_placeholder(text: Any) -> bool:
    """Return whether a text holds a placeholder that is filled in before Keycloak gets the text."""
    if not isinstance(text, str) or ("$" not in text and "{{" not in text):
        return False
    return any(
        found["name"] is None or not _KEYCLOAKS_OWN.fullmatch(found["name"])
        for found in _PLACEHOLDER.finditer(text)
    )


def without_stand_ins(kind: type[Spec], properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the properties of an object, with a marker for each text that holds a placeholder.

    The name of the realm stays: every object of the realm has the same one.
    """
    marked = {
        name: found
        for name, value in properties.items()
        if (found := _marked(value)) is not value and found != value and not _is_kept(kind, name)
    }
    return {**properties, **marked} if marked else properties


def _is_kept(kind: type[Spec], name: str) -> bool:
    field = kind.fields().get(name)
    container = kind.container()
    if field is None or field == container or (container is None and Mark.NATURAL_KEY in field.marks):
        return True
    return ((name,) in _SEEN_BY_PEOPLE and Mark.NATURAL_KEY not in field.marks) or name == "consentText"


def _marked(value: Any) -> Any:
    if value == NOT_NAMES:
        return unreadable("it is not a list of names", damaged=True)
    if is_placeholder(value):
        return unreadable(_STAND_IN, damaged=True)
    if isinstance(value, (list, tuple)):
        return [_marked(item) for item in value]
    if isinstance(value, dict):
        if any(map(is_placeholder, value)):
            return _marked(next(filter(is_placeholder, value)))
        return {key: item if key in _NAMES_OF_PARTS else _marked(item) for key, item in value.items()}
    return value


def understood(
    kind: type[Spec],
    raw: Mapping[str, Any],
    reads: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    *,
    placeholders: bool,
    terse: bool = False,
) -> dict[str, Any]:
    """Return the properties (wire names) of a representation, with a marker for each one that cannot be read.

    Args:
        kind: The spec of the object.
        raw: The representation.
        reads: Returns the properties of a representation without damage.
        placeholders: Whether a program fills in placeholders before Keycloak gets the representation.
        terse: Whether the representation leaves out values that are off.

    Raises:
        ValueError: No single value is the reason why the representation cannot be read (LookupError, TypeError and
            AttributeError likewise).
    """
    nulls = frozenset(raw.get(NULLS, ()))
    whole = {key: value for key, value in raw.items() if key != NULLS and value is not None}
    damaged = dict(_damaged(kind, whole, placeholders=placeholders))
    sound = _without(whole, damaged)
    try:
        values = reads(sound)
    except DEFECTS:
        more = dict(misread(kind, sound))
        damaged |= more
        values, sound = _healed(_without(sound, more), reads, damaged)
    null = {name for key in nulls for name in fields_at(kind, (key,))}
    hidden = {
        name: unreadable("it is null" if name in null else "it is not told", damaged=name in null)
        for name in (() if terse else untold(kind, whole))
    }
    for path, why in damaged.items():
        names = _read_from(kind, path, sound, reads)
        hidden |= dict.fromkeys(names, unreadable(why, damaged=True))
    return {**values, **hidden}


def _damaged(
    kind: type[Spec], raw: Mapping[str, Any], *, placeholders: bool
) -> Iterator[tuple[tuple[Any, ...], str]]:
    computed = (key for key in SWITCHES if raw.get(key) not in {None, True, False})
    for path in (*odd_switches(kind, raw), *((key,) for key in computed)):
        yield path, "it is neither true nor false"
    if placeholders:
        yield from ((path, _STAND_IN) for path in _stand_ins(raw, ()))


def _stand_ins(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of values with a placeholder; of a list of texts, each property shows its own."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, str):
            of_a_list = not isinstance(value, dict)
            if not of_a_list and is_placeholder(inner) and (*path, key) not in _SEEN_BY_PEOPLE:
                yield (*path, key)
        elif isinstance(inner, (dict, list)):
            yield from _stand_ins(inner, (*path, key))


def _read_from(
    kind: type[Spec],
    path: tuple[Any, ...],
    raw: Mapping[str, Any],
    reads: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> frozenset[str]:
    """Return the properties that are read from the value at a path: with other values there, they change."""
    standing = {*fields_at(kind, path)}
    computed = {*kind.fields()} - {*fields_at(kind, ())} - {field.wire for field in kind.key_fields()}
    if path[-1] in _KINDS:
        return frozenset(standing | computed)
    seen: list[Mapping[str, Any]] = []
    for probe in (*_PROBES, *(_Everything(text) for text in ("S256", "true", "x"))):
        try:
            seen.append(reads(_with(raw, path, probe)))
        except DEFECTS:
            continue
    others = {*kind.fields()} - {field.wire for field in kind.key_fields()}
    return frozenset(
        standing
        | {name for name in others if any(found.get(name) != seen[0].get(name) for found in seen[1:])}
    )


class _Everything(dict[str, Any]):
    """An object in which every key that is asked for by name has the same value, and which has no keys to go through."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self._value = value

    def get(self, key: str, default: Any = None) -> Any:
        del key, default
        return self._value


def _healed(
    raw: Mapping[str, Any],
    reads: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    damaged: dict[tuple[Any, ...], str],
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the properties, and the part of the representation that can be read; note what was left out in ``damaged``."""
    for path in _leaves(raw):
        rest = raw if path is None else _with(raw, path, None)
        try:
            values = reads(rest)
        except DEFECTS:
            continue
        if path is not None:
            damaged[path] = "it is not as Keycloak writes it"
        return values, rest
    return reads(raw), raw


def _leaves(raw: Mapping[str, Any]) -> Iterator[tuple[Any, ...] | None]:
    """Yield None for the whole, then the paths of single values."""
    yield None
    for key, value in raw.items():
        if isinstance(value, dict):
            yield from ((key, inner) for inner in value)
    yield from ((key,) for key in raw)


def _without(raw: Mapping[str, Any], paths: Iterable[tuple[Any, ...]]) -> Mapping[str, Any]:
    """Return a representation without some values; one that says what others mean stays, as an unknown one."""
    for path in paths:
        if path[-1] not in _KINDS:
            raw = _with(raw, path, None)
    return raw


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy with another value at a path, or without the value at the path if the new one is None."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, (list, tuple)):
        return [
            _with(item, tuple(rest), new) if number == first else item for number, item in enumerate(value)
        ]
    inner = _with(value.get(first) if rest else None, tuple(rest), new)
    return {
        **{key: item for key, item in value.items() if key != first},
        **({} if inner is None else {first: inner}),
    }
