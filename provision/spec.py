"""What a declared object is: a pydantic model whose annotations say how each field behaves, and its calls.

A *spec* describes an object as the user wants it. Its *calls* find, create, update and delete that object in
the world; they know nothing of Pulumi. Schema, check, diff, read and the typed resource classes are derived
from the two, so a new kind of object is one file with one spec and one calls class.
"""

from __future__ import annotations

import enum
import importlib
import pkgutil
import re
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, get_args, get_origin
from urllib.parse import quote, unquote

from pydantic import BaseModel

from provision.config.concept import DECLARED
from provision.errors import UsageError
from provision.naming import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from provision.keycloak.inventory import Inventory
    from provision.keycloak.session import Session

PACKAGE = "provision"
_HOMES = {
    "keycloak": "provision.keycloak",
    "process": "provision.runtimes.process.resources",
    "docker": "provision.runtimes.docker.resources",
    "index": "provision.index",
}
"""Where the kinds of each Pulumi module are: a package with one module for each kind, or a module that has them."""
MODULES = tuple(_HOMES)
"""The Pulumi modules of the package."""


class Mark(enum.Enum):
    """How a field behaves; used inside ``Annotated``."""

    NATURAL_KEY = "natural key"
    REPLACE_ON_CHANGE = "replace on change"
    SECRET = "secret"  # noqa: S105 - the name of a mark
    UNORDERED = "unordered"
    WRITE_ONLY = "write only"
    CREATE_ONLY = "create only"


NaturalKey = Mark.NATURAL_KEY
"""Part of the key by which the object is found in the world, and of its import id."""
ReplaceOnChange = Mark.REPLACE_ON_CHANGE
"""A change can't be made in place: the object is made anew."""
Secret = Mark.SECRET
"""Kept encrypted in the state and never shown."""
Unordered = Mark.UNORDERED
"""A list whose order means nothing."""
WriteOnly = Mark.WRITE_ONLY
"""The server never tells it (or masks it): what is stored is believed."""
CreateOnly = Mark.CREATE_ONLY
"""Matters only while the object is being made; a later change is not a difference."""


@dataclass(frozen=True)
class Refers:
    """The field names other objects of the same realm, which have to be there first; used inside ``Annotated``.

    Args:
        kind: Their kind. A text or each text of a list is the object's whole key in the realm, a mapping's key and
            each text of its list are the two parts of it.
    """

    kind: str


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
        """Whether its value must never be shown."""
        return Mark.SECRET in self.marks


class _Model(BaseModel):
    model_config = DECLARED

    @classmethod
    @cache
    def fields(cls) -> Mapping[str, Field]:
        """The fields by their wire name."""
        found = {}
        for name, info in cls.model_fields.items():
            marks = frozenset(mark for mark in info.metadata if isinstance(mark, Mark))
            wire = info.alias or name
            found[wire] = Field(name=name, wire=wire, marks=marks, required=info.is_required())
        return MappingProxyType(found)

    def wire(self, *, whole: bool = False) -> dict[str, Any]:
        """The declared fields as plain data under their wire names; ``None`` means not declared and is left out.

        A field that identifies the object or forces its replacement is always there: its default is as good as
        a declaration.

        Args:
            whole: All fields that have a value, declared or not: for what is in the world, where a value may be of another type.
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


class Part(_Model):
    """A value inside a spec that has fields of its own."""


class Outputs(_Model):
    """What the world adds to a spec: values known only after the object was made."""


class Spec(_Model):
    """A declared object. Subclasses name their module: ``class Realm(Spec, module="keycloak")``."""

    token: ClassVar[str] = ""
    follows: ClassVar[tuple[str, ...]] = ()
    """Kinds of which all objects of the realm have to be there first."""

    def __init_subclass__(cls, module: str = "", **kwargs: Any) -> None:
        """Give the class its Pulumi type token."""
        super().__init_subclass__(**kwargs)
        if module:
            cls.token = f"{PACKAGE}:{module}:{cls.__name__}"

    def declaring(self, names: Iterable[str]) -> Self:
        """The same values, of which exactly those fields count as declared (Python names)."""
        copy = self.model_copy()
        copy.__pydantic_fields_set__.clear()
        return copy.model_copy(update={name: getattr(self, name) for name in names})

    @classmethod
    @cache
    def defaults(cls) -> Mapping[str, Any]:
        """The defaults of the fields that have one, as plain data under their wire names."""
        optional = [name for name, info in cls.model_fields.items() if not info.is_required()]
        values = {name: cls.model_fields[name].get_default(call_default_factory=True) for name in optional}
        blank = cls.model_construct(**values)
        data = blank.model_dump(mode="json", by_alias=True, include=set(optional), warnings=False)
        return MappingProxyType(data)

    @classmethod
    @cache
    def key_fields(cls) -> tuple[Field, ...]:
        """The fields of the natural key, in the order of declaration."""
        return tuple(field for field in cls.fields().values() if Mark.NATURAL_KEY in field.marks)

    def key_in_realm(self) -> tuple[str, ...]:
        """The kind and the natural key without the realm, as :meth:`references` names it."""
        values = (str(getattr(self, field.name)) for field in self.key_fields() if field.name != "realm")
        return (type(self).__name__, *values)

    def references(self) -> Iterator[tuple[str, ...]]:
        """The objects of the same realm that have to be there first: kind and natural key without the realm."""
        for name, info in type(self).model_fields.items():
            for mark in info.metadata:
                if isinstance(mark, Refers):
                    yield from _named(mark.kind, getattr(self, name))

    def identity(self) -> str:
        """The import id: the natural key's values, percent-encoded where they hold a slash, joined by slashes."""
        return "/".join(quote(str(getattr(self, field.name)), safe=":@ ,+") for field in self.key_fields())

    @classmethod
    def from_identity(cls, identity: str) -> dict[str, str]:
        """The natural key out of an import id, under the Python names.

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
        """Whether it only says that other objects belong together: the key but for the realm is made of their names."""
        names = [field.name for field in cls.key_fields() if field.name != "realm"]
        return bool(names) and all(
            any(isinstance(mark, Refers) for mark in cls.model_fields[name].metadata) for name in names
        )

    def label(self) -> str:
        """How messages name the object, for example ``client scope mcp:tools in realm mcp``."""
        values = {field.name: getattr(self, field.name) for field in self.key_fields()}
        realm = values.pop("realm", None)
        return " ".join(
            [
                in_words(type(self).__name__),
                "/".join(str(value) for value in values.values() if value != ""),
                *([f"in realm {realm}"] if realm else []),
            ]
        ).replace("  ", " ")


def _named(kind: str, value: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(value, str) and value:
        yield kind, value
    elif isinstance(value, tuple):
        yield from ((kind, item) for item in value)
    elif isinstance(value, dict):
        yield from ((kind, owner, item) for owner, items in value.items() for item in items)


S = TypeVar("S", bound=Spec)


@dataclass(frozen=True)
class Found(Generic[S]):
    """An object as it is in the world.

    Args:
        id: The world's own id of it, valid for the next call only.
        spec: The world's state in the terms of the spec.
        outputs: What the world adds to it.
        raw: The world's own representation, for an update that must send back what it does not change.
    """

    id: str
    spec: S
    outputs: Outputs | None = None
    raw: Mapping[str, Any] = dataclass_field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Context:
    """What calls are given besides their spec.

    Args:
        session: Opens the Admin API of the configured Keycloak; raises when the provider has no connection.
        log: Shows one line to the user.
        features: Those that Keycloak will have when it comes to the call, whether it has them already or not.
    """

    session: Callable[[], Session]
    log: Callable[[str], None]
    features: Collection[str] = ()


class Calls(Generic[S]):
    """How one kind of object is found, made, changed and removed."""

    spec: ClassVar[type[Spec]]
    outputs: ClassVar[type[Outputs]] = Outputs
    refuses_duplicates: ClassVar[bool] = False
    """Whether ``create`` raises :class:`AlreadyExistsError` for a natural key that is taken, so that it can be tried
    without a look first."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Remember which spec the calls are for."""
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            if isinstance(get_origin(base), type) and issubclass(get_origin(base), Calls):
                argument = get_args(base)[0]
                if isinstance(argument, type) and issubclass(argument, Spec) and argument.token:
                    cls.spec = argument
                    _REGISTRY[argument.token] = cls

    def __init__(self, context: Context) -> None:
        self.context = context

    def complete(self, spec: S, old: S | None) -> S:  # noqa: ARG002 - the default needs no old
        """Fill what the user left open (a free port, a generated secret); runs in every check."""
        return spec

    def refuse(self, spec: S) -> None:
        """Look whether the server can have such an object at all; runs in every check, so only where a look is needed.

        Raises:
            UnsupportedError: It cannot.
        """

    def foresee(self, spec: S) -> Outputs | None:  # noqa: ARG002 - the default foresees nothing
        """The outputs that a preview can know already."""
        return None

    def ailing(self, spec: S, outputs: Mapping[str, Any]) -> str | None:  # noqa: ARG002 - the default is never ailing
        """Why the object needs an update although its spec is unchanged; only a local look, never the network."""
        return None

    def tries_first(self, spec: S) -> bool:  # noqa: ARG002 - the same for most specs
        """Whether ``create`` is tried without a look whether the object is there."""
        return self.refuses_duplicates

    def adoptable(self, spec: S, found: Found[S]) -> bool:  # noqa: ARG002 - most objects may be taken over
        """Whether an object that exists already may be taken over."""
        return True

    def ours(self, spec: S, found: Found[S]) -> bool:  # noqa: ARG002 - most objects carry no mark
        """Whether the found object carries the mark of an interrupted run of ours, so that it is no adoption."""
        return False

    def key(self, **parts: Any) -> S:
        """A spec of which only the natural key (and what helps to read the object) is given, not validated."""
        made: Any = self.spec.model_construct(**parts)
        return made  # type: ignore[no-any-return]

    def survey(self, inventory: Inventory) -> Iterable[S]:  # noqa: ARG002 - the default tells nothing
        """The keys of the objects of the kind that people made in a realm; not of those that Keycloak makes itself."""
        return ()

    def find(self, key: S) -> Found[S] | None:
        """The object with that natural key (no other field of ``key`` may be read), or None."""
        raise NotImplementedError

    def find_recorded(self, key: S, recorded: Mapping[str, Any]) -> Found[S] | None:  # noqa: ARG002 - the key is enough
        """The object that the state holds; ``recorded`` are its properties, for what the world has no key for."""
        return self.find(key)

    def create(self, spec: S) -> Outputs | None:
        """Make the object."""
        raise NotImplementedError

    def update(self, found: Found[S], spec: S) -> Outputs | None:
        """Change what the spec declares (its ``model_fields_set``) in the found object, and nothing else."""
        raise NotImplementedError

    def delete(self, found: Found[S]) -> None:
        """Remove the found object."""
        raise NotImplementedError


_REGISTRY: dict[str, type[Calls[Any]]] = {}


def kind(token: str) -> type[Calls[Any]] | None:
    """The kind of object with that type token, or None; loads no other kind than this.

    ``provision:keycloak:ClientScope`` is in the module ``client_scope`` of its home.
    """
    package, _, rest = token.partition(":")
    module, _, name = rest.partition(":")
    if token not in _REGISTRY and package == PACKAGE and module in _HOMES and name.isidentifier():
        home = importlib.import_module(_HOMES[module])
        file = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        if file in {item.name for item in pkgutil.iter_modules(getattr(home, "__path__", ()))}:
            importlib.import_module(f"{home.__name__}.{file}")
    return _REGISTRY.get(token)


@cache
def catalogue() -> Mapping[str, type[Calls[Any]]]:
    """Every kind of object by its type token, in a stable order; a new module in a home is found by itself."""
    for home in _HOMES.values():
        package = importlib.import_module(home)
        for module in pkgutil.iter_modules(getattr(package, "__path__", ())):
            importlib.import_module(f"{home}.{module.name}")
    return MappingProxyType(dict(sorted(_REGISTRY.items())))
