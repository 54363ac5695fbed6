"""The declaration of an object: a pydantic model whose annotations say how each field behaves.

A *spec* describes an object as the user wants it; its handler (:mod:`provision.core.handler`) finds, creates, updates
and deletes that object. Schema, check, diff, read and the typed resource classes are derived from the two.
"""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self, cast
from urllib.parse import quote, unquote

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticKnownError, core_schema

from provision._lib.display_names import in_words
from provision._lib.errors import UsageError
from provision.core.across_fields import across_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

DECLARED = ConfigDict(
    frozen=True,
    extra="forbid",
    alias_generator=to_camel,
    validate_by_name=True,
    validate_by_alias=True,
    hide_input_in_errors=True,
)
"""The pydantic settings of everything that users declare: camelCase keys like Pulumi's own, and no value in an error
text.
"""
PACKAGE = "provision"
ADOPTED_FROM: Final = "adoptedFrom"
"""The output that holds the settings of an adopted object before its adoption; delete puts them back."""
MADE_WITH: Final = "madeWith"
"""The output that holds, as JSON, the undeclared settings that an object of ours was made with: they are guarded."""


class Mark(enum.Enum):
    """The behaviour of a field; used inside ``Annotated``."""

    NATURAL_KEY = "natural key"
    REPLACE_ON_CHANGE = "replace on change"
    SECRET = "secret"  # noqa: S105 - the name of a mark
    UNORDERED = "unordered"
    WRITE_ONLY = "write only"
    CREATE_ONLY = "create only"
    CONTAINER = "container"
    LEFT_TO_OTHERS = "left to others"
    WHOLE = "whole"


NaturalKey = Mark.NATURAL_KEY
"""Part of the key by which the object is found in the world, and of the object's import id."""
ReplaceOnChange = Mark.REPLACE_ON_CHANGE
"""A field that can't be changed in place: the object is made anew."""
Secret = Mark.SECRET
"""A field that is kept encrypted in the state and never shown."""
Unordered = Mark.UNORDERED
"""A list whose order has no meaning."""
WriteOnly = Mark.WRITE_ONLY
"""A field that the server never returns (or masks): the stored value counts as the real one."""
LeftToOthers = Mark.LEFT_TO_OTHERS
"""A field that people or the server change in normal use: unless it is declared, a change is no difference."""
CreateOnly = Mark.CREATE_ONLY
"""A field that matters only while the object is being made; a later change is not a difference."""
Whole = Mark.WHOLE
"""A mapping that is declared as a whole: a key that others added is a difference, as in a list."""
Container = Mark.CONTAINER
"""The name of the object's container, part of the natural key; objects of one container name each other without the
container.
"""


@dataclass(frozen=True)
class Refers:
    """A mark for a field that names other objects of its container, which must exist first.

    Args:
        kind: The kind of the other objects. A text, or each text of a list, is an object's whole key in the container.
            In a mapping, the key and each text of its list are the two parts of an object's key.
    """

    kind: str


@dataclass(frozen=True)
class WhenNew:
    """A mark for a text that the server refuses in a new object unless it matches a regular expression as a whole.

    Objects that exist already may have another one, for example from an import.

    Args:
        pattern: The regular expression, without anchors.
        words: The form in words, after "must be" or the like.
    """

    pattern: str
    words: str


CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ALWAYS = frozenset({Mark.NATURAL_KEY, Mark.REPLACE_ON_CHANGE})


@dataclass(frozen=True)
class Field:
    """One field of a spec or of its outputs, in both spellings."""

    name: str
    wire: str
    marks: frozenset[Mark]
    required: bool

    @property
    def secret(self) -> bool:
        """Return whether the field's value must never be shown."""
        return Mark.SECRET in self.marks


def _no_boolean(error: Literal["int_type", "float_type"]) -> Callable[[Any], Any]:
    """Return a check that refuses a boolean with one of pydantic's own errors."""

    def check(value: Any) -> Any:
        if isinstance(value, bool):
            raise PydanticKnownError(error)
        return value

    return check


_CHECKS = {"int": _no_boolean("int_type"), "float": _no_boolean("float_type")}
_INNER = frozenset(
    {"schema", "fields", "items_schema", "keys_schema", "values_schema", "choices", "steps", "definitions"}
)
"""The keys of pydantic's schemas that hold schemas."""


def _numbers_only(schema: Any) -> Any:
    """Return a part of a schema, in which each number refuses a boolean."""
    if isinstance(schema, list | tuple):
        return type(schema)(map(_numbers_only, schema))
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if kind in _CHECKS:
        return core_schema.no_info_before_validator_function(_CHECKS[kind], cast("CoreSchema", schema))
    if kind == "function-before" and schema["function"]["function"] in _CHECKS.values():
        return schema  # of a class inside this one, which did so before
    if kind == "model-fields":
        inner = {name: _numbers_only(field) for name, field in schema["fields"].items()}
        return {**schema, "fields": inner}
    return {key: _numbers_only(value) if key in _INNER else value for key, value in schema.items()}


class Declared(BaseModel):
    """The base of everything that users declare. No field takes a boolean for a number (YAML reads ``yes`` as true)."""

    model_config = DECLARED

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the class, in which each number refuses a boolean."""
        schema: CoreSchema = _numbers_only(handler(source))
        return schema


class Model(Declared):
    """A declaration with marks on its fields."""

    @classmethod
    @cache
    def fields(cls) -> Mapping[str, Field]:
        """Return the fields by their wire name."""
        found = {}
        for name, info in cls.model_fields.items():
            marks = frozenset(mark for mark in info.metadata if isinstance(mark, Mark))
            wire = info.alias or name
            found[wire] = Field(name=name, wire=wire, marks=marks, required=info.is_required())
        return MappingProxyType(found)

    def wire(self, *, whole: bool = False) -> dict[str, Any]:
        """Return the declared fields as plain data under their wire names; ``None`` means not declared and is left out.

        A field that identifies the object or forces its replacement is always included: its default counts as declared.

        Args:
            whole: Return all fields that have a value, declared or not: for an object of the world, whose values may be
                of other types.
        """
        data = self.model_dump(mode="json", by_alias=True, exclude_none=True, warnings=not whole)
        fields = self.fields()
        for name in tuple(data):
            field = fields[name]
            if not whole and field.name not in self.model_fields_set and not _ALWAYS & field.marks:
                del data[name]
            elif Mark.UNORDERED in field.marks and isinstance(data[name], list):
                data[name] = sorted(set(data[name]))
        return data


class Part(Model):
    """A value inside a spec that has fields of its own."""


class Outputs(Model):
    """The values that the world adds to a spec, known only after the object was made."""


class Spec(Model):
    """A declared object. Subclasses name their module: ``class Book(Spec, module="library")``.

    The documentation lists kinds by group: ``group="Lending"`` is the heading over a kind, and ``rank`` its place there.
    A kind with another name in former versions declares ``formerly=("OldName",)``: states, programs and stack files
    with the former name go on working, and nothing is made anew.
    """

    token: ClassVar[str] = ""
    former_tokens: ClassVar[tuple[str, ...]] = ()
    """The type tokens of the kind in former versions."""
    follows: ClassVar[tuple[str, ...]] = ()
    """The kinds whose objects in the same container must all exist first."""
    needs_of_container: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """The values (by Python name) that the fields of the container must have, if the same stack file declares it."""
    group: ClassVar[str] = ""
    """The heading over the kind in the documentation; empty for the only heading of the kind's home."""
    rank: ClassVar[int] = 0
    """The place of the kind in its group; kinds of equal rank are in the order of their names."""

    def __init_subclass__(
        cls,
        module: str = "",
        formerly: tuple[str, ...] = (),
        group: str = "",
        rank: int = 0,
        **kwargs: Any,
    ) -> None:
        """Set the Pulumi type tokens of the class, the present one and the former ones, and its documentation's group."""
        super().__init_subclass__(**kwargs)
        if group:
            cls.group, cls.rank = group, rank
        if module:
            cls.token = f"{PACKAGE}:{module}:{cls.__name__}"
            cls.former_tokens = tuple(f"{PACKAGE}:{module}:{name}" for name in formerly)

    @across_fields
    def _names_can_be_asked_for(self) -> None:
        for field in self.key_fields():
            name = getattr(self, field.name)
            if isinstance(name, str) and name and (not name.strip() or CONTROLS.search(name)):
                raise ValueError(f"{field.wire}: must not be blank, and must hold no control characters")

    def declaring(self, names: Iterable[str]) -> Self:
        """Return a copy with the same values, in which exactly those fields (Python names) count as declared."""
        copy = self.model_copy()
        copy.__pydantic_fields_set__.clear()
        return copy.model_copy(update={name: getattr(self, name) for name in names})

    @classmethod
    @cache
    def defaults(cls) -> Mapping[str, Any]:
        """Return the defaults of the fields that have one, as plain data under their wire names."""
        optional = [name for name, info in cls.model_fields.items() if not info.is_required()]
        values = {name: cls.model_fields[name].get_default(call_default_factory=True) for name in optional}
        blank = cls.model_construct(**values)
        data = blank.model_dump(mode="json", by_alias=True, include=set(optional), warnings=False)
        return MappingProxyType(data)

    @classmethod
    @cache
    def key_fields(cls) -> tuple[Field, ...]:
        """Return the fields of the natural key, in the order of declaration."""
        return tuple(field for field in cls.fields().values() if Mark.NATURAL_KEY in field.marks)

    @classmethod
    @cache
    def container(cls) -> Field | None:
        """Return the field that names the container of this object, or None."""
        return next((field for field in cls.key_fields() if Mark.CONTAINER in field.marks), None)

    @classmethod
    @cache
    def own_key_fields(cls) -> tuple[Field, ...]:
        """Return the fields of the natural key without the container."""
        return tuple(field for field in cls.key_fields() if Mark.CONTAINER not in field.marks)

    def key_in_container(self) -> tuple[str, ...]:
        """Return the kind and the natural key without the container, in the form that :meth:`references` yields."""
        return (type(self).__name__, *(str(getattr(self, field.name)) for field in self.own_key_fields()))

    def name_taken(self) -> tuple[str, ...]:
        """Return what no other object of the container may have too: the kind, or what several kinds share, and the name."""
        return self.key_in_container()

    def refused_when_new(self) -> Iterator[str]:
        """Yield why the server would not make the object; one that exists already may be like that."""
        for field in type(self).fields().values():
            for mark in type(self).model_fields[field.name].metadata:
                if (
                    isinstance(mark, WhenNew)
                    and re.fullmatch(mark.pattern, getattr(self, field.name)) is None
                ):
                    yield f"{field.wire}: {mark.words}"

    def references(self) -> Iterator[tuple[str, ...]]:
        """Yield the objects of the same container that must exist first: kind and natural key without the container."""
        for name, info in type(self).model_fields.items():
            for mark in info.metadata:
                if isinstance(mark, Refers):
                    yield from _named(mark.kind, getattr(self, name))

    def identity(self) -> str:
        """Return the import id: the natural key's values, percent-encoded where they hold a slash, joined by slashes."""
        return "/".join(quote(str(getattr(self, field.name)), safe=":@ ,+") for field in self.key_fields())

    @classmethod
    def from_identity(cls, identity: str) -> dict[str, str]:
        """Return the natural key that an import id holds, under the Python names.

        Raises:
            UsageError: The id does not have as many parts as the key.
        """
        names = [field.name for field in cls.key_fields()]
        parts = identity.split("/")
        if len(parts) != len(names):
            shape = "/".join(f"<{name}>" for name in names)
            raise UsageError(
                f"{identity!r} is not the id of a {cls.__name__}.",
                f"Give {shape}; write a slash inside a part as %2F.",
            )
        return dict(zip(names, map(unquote, parts), strict=True))

    @classmethod
    def is_membership(cls) -> bool:
        """Return whether the object only links other objects: its own part of the key consists of their names."""
        names = [field.name for field in cls.own_key_fields()]
        return bool(names) and all(
            any(isinstance(mark, Refers) for mark in cls.model_fields[name].metadata) for name in names
        )

    def label(self) -> str:
        """Return the object's name for messages, for example ``book Dune in library Arrakeen``."""
        values = [getattr(self, field.name) for field in self.own_key_fields()]
        container = self.container()
        where = getattr(self, container.name) if container is not None else ""
        return " ".join(
            [
                in_words(type(self).__name__),
                "/".join(str(value) for value in values if value != ""),
                *([f"in {container.name} {where}"] if container is not None and where else []),
            ]
        ).replace("  ", " ")


def _named(kind: str, value: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(value, str) and value:
        yield kind, value
    elif isinstance(value, tuple):
        yield from ((kind, item) for item in value)
    elif isinstance(value, dict):
        yield from ((kind, owner, item) for owner, items in value.items() for item in items)


def made_with(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the undeclared settings that an object was made with; none for an adopted object or an unreadable record."""
    try:
        found = json.loads(outputs.get(MADE_WITH) or "{}")
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
