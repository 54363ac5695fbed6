"""The place and form of a spec's fields in Keycloak's own representations.

A field stands under its own wire name unless its annotation says otherwise: ``Annotated[bool, attribute("x")]``.
Keycloak spells the values of a client's or scope's ``attributes`` and of a mapper's ``config`` as text, and the values of
a component's ``config`` as lists of text (Admin REST API, "Definitions").
"""

from __future__ import annotations

import copy
import enum
import json
import types
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, core_schema

from provision.core.spec import Container, Mark, NaturalKey, Spec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_SEPARATOR = "##"  # Keycloak's own separator of values in one attribute


class Encoding(enum.Enum):
    """The form of a value."""

    NATIVE = "as JSON"
    TEXT = "as text"
    VALUES = "as a list of texts"


@dataclass(frozen=True)
class FieldMapping:
    """The place of a field; used inside ``Annotated``.

    Args:
        path: The keys down to the value; empty for the field's own wire name.
        encoding: The form of the value.
        absent: The meaning of an absent value; None for the empty value of the field's type.
        inside: Whether the field is part of the representation at all.
    """

    path: tuple[str, ...] = ()
    encoding: Encoding = Encoding.NATIVE
    absent: Any = None
    inside: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Refuse, in a list that Keycloak keeps as one text, a value that Keycloak would take for two."""
        schema = handler(source)
        if self.encoding is not Encoding.TEXT:
            return schema  # type: ignore[no-any-return]
        return core_schema.no_info_after_validator_function(_of_one_piece, schema)


def _of_one_piece(value: Any) -> Any:
    if isinstance(value, tuple) and any(_SEPARATOR in item for item in value):
        raise ValueError(f"Keycloak takes a value with {_SEPARATOR} in it for two")
    return value


Outside = FieldMapping(inside=False)
"""A field outside the representation: part of the address, or for our own use."""
RealmName = Annotated[str, NaturalKey, Container, Outside, Field(description="The realm that it is in.")]
"""The realm that contains an object."""


def at(*path: str, absent: Any = None) -> FieldMapping:
    """Return the place of a value under other keys than the field's own name."""
    return FieldMapping(path, absent=absent)


def attribute(name: str, absent: Any = None) -> FieldMapping:
    """Return the place of one of the object's ``attributes``, a text."""
    return FieldMapping(("attributes", name), Encoding.TEXT, absent)


def config(name: str, absent: Any = None) -> FieldMapping:
    """Return the place of a key of the object's ``config``, a text (protocol mappers, identity providers)."""
    return FieldMapping(("config", name), Encoding.TEXT, absent)


def config_values(name: str, absent: Any = None) -> FieldMapping:
    """Return the place of a key of a component's ``config``, which holds lists of text."""
    return FieldMapping(("config", name), Encoding.VALUES, absent)


def read(kind: type[Spec], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a kind's fields in a representation, under their Python names."""
    return {name: _named(kind, name, mapping, raw) for name, mapping in _mappings(kind).items()}


def _named(kind: type[Spec], name: str, mapping: FieldMapping, raw: Mapping[str, Any]) -> Any:
    """Return a field's value, or raise an error that names the field."""
    try:
        return _understood(kind, name, mapping, raw)
    except ValidationError as error:
        wire = kind.model_fields[name].alias or name
        lines = [
            InitErrorDetails(
                type=item["type"], loc=(wire, *item["loc"]), input=item["input"], ctx=item.get("ctx", {})
            )
            for item in error.errors(include_url=False)
        ]
        raise ValidationError.from_exception_data(kind.__name__, lines, hide_input=True) from None


def untold(kind: type[Spec], raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields (wire names) that a representation lacks, although Keycloak always writes them.

    Keycloak leaves empty fields out, but writes each switch and each field that is not empty by default. If such a
    field is missing, the writer of the representation left it out.
    """
    mappings = {
        name: mapping for name, mapping in _mappings(kind).items() if mapping.encoding is Encoding.NATIVE
    }
    for wire, field in kind.fields().items():
        path = mappings[field.name].path if field.name in mappings else ()
        if len(path) == 1 and path[0] not in raw and not field.required:
            shape, optional = _shape(kind, field.name)
            if shape is bool or not (optional or kind.defaults()[wire] in _NOTHING):
                yield wire


_NOTHING: tuple[Any, ...] = ("", 0, [], {})


def places(kind: type[Spec]) -> dict[str, tuple[str, ...]]:
    """Return the paths of a kind's fields in a representation, by the fields' Python names."""
    return {name: mapping.path for name, mapping in _mappings(kind).items()}


def write(spec: Spec, raw: Mapping[str, Any], names: Collection[str] | None = None) -> dict[str, Any]:
    """Return a copy of a representation with a spec's fields put in.

    Args:
        spec: The spec with the fields.
        raw: The present representation; empty for a new object.
        names: The fields to put in (Python names); None for all fields with a value. A field that has the same value in
            another form already (absence included) stays unchanged.
    """
    body = copy.deepcopy(dict(raw))
    dumped = spec.model_dump(mode="json", by_alias=True, warnings=False)
    fields = {field.name: field for field in type(spec).fields().values()}
    for name, mapping in _mappings(type(spec)).items():
        value = dumped.get(fields[name].wire)
        if (value is None) if names is None else (name not in names):
            continue
        if names is not None and raw and _understood(type(spec), name, mapping, raw) == getattr(spec, name):
            continue
        *parents, last = mapping.path
        owner = body
        for parent in parents:
            owner = owner.setdefault(parent, {})
        owner[last] = _encoded(value, mapping, unordered=Mark.UNORDERED in fields[name].marks)
    return body


def fields_at(kind: type[Spec], path: tuple[Any, ...]) -> Iterator[str]:
    """Yield the fields (wire names) that stand at a path in a representation, or below it."""
    mappings = _mappings(kind)
    for wire, field in kind.fields().items():
        if field.name in mappings and mappings[field.name].path[: len(path)] == path:
            yield wire


def odd_switches(kind: type[Spec], raw: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of values that are neither true nor false, in places for such a value; reading one gives false."""
    for path, encoding in _switches(kind):
        found = _value_at(raw, path)
        if found is None or found is True or found is False:
            continue
        if encoding is Encoding.VALUES and isinstance(found, list):
            found = found[0] if found else ""
        empty = found == "" and encoding is not Encoding.NATIVE
        if not empty and str(found).lower() not in {"true", "false"}:
            yield path


def misread(kind: type[Spec], raw: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the values in a representation that cannot be read: the path, and the reason as the end of a sentence."""
    for name, mapping in _mappings(kind).items():
        parents = [mapping.path[:length] for length in range(1, len(mapping.path))]
        broken = next((path for path in parents if not _is_object(_value_at(raw, path))), None)
        if broken is not None:
            yield broken, "it is no object"
            continue
        try:
            _understood(kind, name, mapping, raw)
        except (ValueError, TypeError, AttributeError):
            yield mapping.path, f"it is not {_SHAPES.get(_shape(kind, name)[0], 'such a value')}"


@cache
def _switches(kind: type[Spec]) -> tuple[tuple[tuple[str, ...], Encoding], ...]:
    return tuple(
        (mapping.path, mapping.encoding)
        for name, mapping in _mappings(kind).items()
        if _shape(kind, name)[0] is bool
    )


def _is_object(value: Any) -> bool:
    return value is None or isinstance(value, dict)


def _value_at(raw: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        raw = raw.get(step) if isinstance(raw, dict) else None
    return raw


_SHAPES: dict[Any, str] = {
    str: "a text that Keycloak knows here",
    int: "a whole number",
    tuple: "a list of texts",
    dict: "an object",
}


def read_config(kind: type[Spec], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields whose values are in a ``config``, under their wire names; other keys are left out."""
    wires = {field.name: field.wire for field in kind.fields().values()}
    return {
        wires[name]: _understood(kind, name, mapping, {"config": values})
        for name, mapping in _mappings(kind).items()
        if mapping.path[0] == "config" and mapping.path[-1] in values
    }


@cache
def _mappings(kind: type[Spec]) -> Mapping[str, FieldMapping]:
    """Return the fields that stand in the representation, by Python name, each with its full path."""
    found = {}
    for field in kind.fields().values():
        metadata = kind.model_fields[field.name].metadata
        mapping = next((mark for mark in metadata if isinstance(mark, FieldMapping)), FieldMapping())
        if mapping.inside:
            found[field.name] = FieldMapping(mapping.path or (field.wire,), mapping.encoding, mapping.absent)
    return types.MappingProxyType(found)


def _encoded(value: Any, mapping: FieldMapping, *, unordered: bool) -> Any:
    if isinstance(value, list) and unordered:
        value = sorted(set(value))
    if mapping.encoding is Encoding.NATIVE:
        return value
    if mapping.encoding is Encoding.VALUES:
        items = value if isinstance(value, list) else [] if value is None else [value]
        return [_text(item) for item in items]
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return _SEPARATOR.join(map(_text, value))
    return json.dumps(value)  # true, 300, {"a": 1}


def _understood(kind: type[Spec], name: str, mapping: FieldMapping, raw: Mapping[str, Any]) -> Any:
    found: Any = raw
    for step in mapping.path:
        found = found.get(step) if found else None
    shape, optional = _shape(kind, name)
    if mapping.encoding is Encoding.VALUES and shape is not tuple and isinstance(found, list):
        found = found[0] if found else None
    if mapping.encoding is not Encoding.NATIVE and found == "":
        found = None
    if found is None:
        return mapping.absent if mapping.absent is not None else None if optional else _EMPTY.get(shape)
    if mapping.encoding is not Encoding.NATIVE:
        found = _parsed(found, shape)
    if isinstance(found, str):
        found = _choices(kind, name).get(found.lower(), found)
    if shape is tuple:
        if not isinstance(found, (list, tuple)):
            raise TypeError(f"{name} is no list")
        unordered = Mark.UNORDERED in kind.fields()[kind.model_fields[name].alias or name].marks
        found = sorted(found) if unordered else found
    return _adapter(kind, name).validate_python(found)


_EMPTY: dict[Any, Any] = {bool: False, str: "", tuple: (), int: 0}


def _parsed(found: Any, shape: Any) -> Any:
    if shape is bool:
        return str(found).lower() == "true"
    if shape is tuple:
        return found if isinstance(found, list) else found.split(_SEPARATOR)
    if shape is dict:
        return json.loads(found)
    return found  # pydantic reads a number out of text


@cache
def _choices(kind: type[Spec], name: str) -> Mapping[str, str]:
    """Return the texts that a field may hold by their lower-case form, if the field names them: Keycloak ignores the case."""
    annotation = kind.model_fields[name].annotation
    named = next((one for one in (annotation, *get_args(annotation)) if get_origin(one) is Literal), None)
    return {item.lower(): item for item in get_args(named) if isinstance(item, str)}


@cache
def _adapter(kind: type[Spec], name: str) -> TypeAdapter[Any]:
    """Return the adapter for a field's type without its constraints: the world's values need not meet them."""
    annotation: Any = kind.model_fields[name].annotation
    return TypeAdapter(annotation)


@cache
def _shape(kind: type[Spec], name: str) -> tuple[Any, bool]:
    """Return a field's basic type and whether the field may be None."""
    annotation = kind.model_fields[name].annotation
    optional = False
    if get_origin(annotation) in {Union, types.UnionType}:
        optional = type(None) in get_args(annotation)
        annotation = next(item for item in get_args(annotation) if item is not type(None))
    origin = get_origin(annotation)
    if origin is Literal:
        return str, optional
    return (origin or annotation), optional
