"""The protocol for finding, creating, updating and deleting one kind of object; handlers know nothing of Pulumi."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_args, get_origin

from provision.core import registry
from provision.core.spec import Outputs, Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True)
class Observed(Generic[S]):
    """An object as it is in the world.

    Args:
        id: The world's own id of the object, valid for the next call only.
        spec: The object's state in the world, as a spec.
        outputs: The values that the world adds to the object.
        raw: The world's own representation, for an update that must send unchanged values back too.
    """

    id: str
    spec: S
    outputs: Outputs | None = None
    raw: Mapping[str, Any] = dataclass_field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Context:
    """The context of a call: everything that the call needs besides its spec.

    Args:
        log: Shows one line to the user.
        connection: The access to the world, made by the provider's configuration
            (:meth:`provision.core.configuration.Configuration.connect`); only the handlers of that world use it. None
            if the provider has no configuration.
    """

    log: Callable[[str], None]
    connection: object = None


def _nothing() -> None:
    """Do nothing."""


class Handler(Generic[S]):
    """The handler of one kind of object: it finds, makes, changes and removes such objects."""

    spec: ClassVar[type[Spec]]
    outputs: ClassVar[type[Outputs]] = Outputs
    rejects_duplicates: ClassVar[bool] = False
    """Whether ``create`` raises :class:`AlreadyExistsError` if the natural key is taken, so that ``create`` can be
    tried without a look first.
    """
    is_recorded: ClassVar[bool] = False
    """Whether the world holds more of an object than its fields, which :meth:`besides` returns for the record."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Remember the spec class that the type argument names, and register the handler."""
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            if isinstance(get_origin(base), type) and issubclass(get_origin(base), Handler):
                argument = get_args(base)[0]
                if isinstance(argument, type) and issubclass(argument, Spec) and argument.token:
                    cls.spec = argument
                    registry.register(argument.token, argument.former_tokens, cls)

    def __init__(self, context: Context) -> None:
        self.context = context
        self.note_made: Callable[[], None] = _nothing
        """A creation of several calls calls this as soon as the object is there: the object is ours although a later call fails."""

    def fill_defaults(self, spec: S, old: S | None) -> S:  # noqa: ARG002 - the default needs no old
        """Return the spec with its open fields filled (a free port, a generated secret); runs in every check."""
        return spec

    def preflight(self, spec: S) -> None:
        """Raise an error if the server cannot have such an object at all; runs in every check, so look only if needed.

        Raises:
            UnsupportedError: The server cannot have the object.
        """

    def preflight_new(self, spec: S) -> None:
        """Raise an error if a new object of this kind lacks something; runs in the check of objects that no state knows.

        Raises:
            UsageError: The object would not work, and nothing takes its place in the world.
        """

    def preview_outputs(self, spec: S) -> Outputs | None:  # noqa: ARG002 - the default foresees nothing
        """Return the outputs that a preview can know already, or None."""
        return None

    def needs_update(self, spec: S, outputs: Mapping[str, Any]) -> str | None:  # noqa: ARG002 - the default never needs one
        """Return why the object needs an update although its spec is unchanged, or None; never use the network."""
        return None

    def creates_before_find(self, spec: S) -> bool:  # noqa: ARG002 - the same for most specs
        """Return whether ``create`` is tried without a look first whether the object exists."""
        return self.rejects_duplicates

    def adoptable(self, spec: S, found: Observed[S]) -> bool:  # noqa: ARG002 - most objects may be taken over
        """Return whether an object that exists already may be taken over."""
        return True

    def is_owned(self, spec: S, found: Observed[S]) -> bool:  # noqa: ARG002 - most objects carry no mark
        """Return whether the found object carries the mark of an interrupted run of ours, and so is not adopted."""
        return False

    def key(self, **parts: Any) -> S:
        """Return a spec with only the natural key (and fields that help to read the object), not validated."""
        made: Any = self.spec.model_construct(**parts)
        return made  # type: ignore[no-any-return]

    def find(self, key: S) -> Observed[S] | None:
        """Return the object with that natural key, or None; reads no other field of ``key``."""
        raise NotImplementedError

    def find_recorded(self, key: S, recorded: Mapping[str, Any]) -> Observed[S] | None:  # noqa: ARG002 - the key is enough
        """Return the object of the state; ``recorded`` holds its properties, in case the world has no key for it."""
        return self.find(key)

    def besides(self, found: Observed[S]) -> Mapping[str, Any] | None:  # noqa: ARG002 - the default records nothing
        """Return what the world holds of the object besides its fields, without secrets, or None if that can't be read."""
        return None

    def is_outdated(self, record: Mapping[str, Any]) -> bool:  # noqa: ARG002 - the default records nothing
        """Return whether a record was made in a world of another version, where the same object looks different."""
        return False

    def create(self, spec: S) -> Outputs | None:
        """Make the object."""
        raise NotImplementedError

    def update(self, found: Observed[S], spec: S) -> Outputs | None:
        """Change the fields of the found object that the spec declares (its ``model_fields_set``), and no others."""
        raise NotImplementedError

    def delete(self, found: Observed[S]) -> None:
        """Remove the found object."""
        raise NotImplementedError


class LocalHandler(Handler[S]):
    """A handler of objects that live on this machine or in the state alone, where nobody else makes them."""

    def is_owned(self, spec: S, found: Observed[S]) -> bool:
        """Return True: nobody else makes such objects."""
        del spec, found
        return True

    def update(self, found: Observed[S], spec: S) -> Outputs | None:
        """Make the object again: ``create`` brings an existing object to the declared state too."""
        del found
        return self.create(spec)
