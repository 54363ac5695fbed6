"""How one kind of object is found, created, updated and deleted in the world; handlers know nothing of Pulumi."""

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
        log: Shows one line to the user.
        connection: How the world is reached, as the provider's configuration makes it
            (:meth:`provision.core.configuration.Configuration.connect`); only the handlers of that world look into it.
            None when the provider was configured with nothing.
    """

    log: Callable[[str], None]
    connection: object = None


class Handler(Generic[S]):
    """How one kind of object is found, made, changed and removed."""

    spec: ClassVar[type[Spec]]
    outputs: ClassVar[type[Outputs]] = Outputs
    rejects_duplicates: ClassVar[bool] = False
    """Whether ``create`` raises :class:`AlreadyExistsError` for a natural key that is taken, so that it can be tried
    without a look first."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Remember which spec the calls are for."""
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            if isinstance(get_origin(base), type) and issubclass(get_origin(base), Handler):
                argument = get_args(base)[0]
                if isinstance(argument, type) and issubclass(argument, Spec) and argument.token:
                    cls.spec = argument
                    registry.register(argument.token, argument.former_tokens, cls)

    def __init__(self, context: Context) -> None:
        self.context = context

    def fill_defaults(self, spec: S, old: S | None) -> S:  # noqa: ARG002 - the default needs no old
        """Fill what the user left open (a free port, a generated secret); runs in every check."""
        return spec

    def preflight(self, spec: S) -> None:
        """Look whether the server can have such an object at all; runs in every check, so only where a look is needed.

        Raises:
            UnsupportedError: It cannot.
        """

    def preview_outputs(self, spec: S) -> Outputs | None:  # noqa: ARG002 - the default foresees nothing
        """The outputs that a preview can know already."""
        return None

    def needs_update(self, spec: S, outputs: Mapping[str, Any]) -> str | None:  # noqa: ARG002 - the default is never ailing
        """Why the object needs an update although its spec is unchanged; only a local look, never the network."""
        return None

    def creates_before_find(self, spec: S) -> bool:  # noqa: ARG002 - the same for most specs
        """Whether ``create`` is tried without a look whether the object is there."""
        return self.rejects_duplicates

    def adoptable(self, spec: S, found: Observed[S]) -> bool:  # noqa: ARG002 - most objects may be taken over
        """Whether an object that exists already may be taken over."""
        return True

    def is_owned(self, spec: S, found: Observed[S]) -> bool:  # noqa: ARG002 - most objects carry no mark
        """Whether the found object carries the mark of an interrupted run of ours, so that it is no adoption."""
        return False

    def key(self, **parts: Any) -> S:
        """A spec of which only the natural key (and what helps to read the object) is given, not validated."""
        made: Any = self.spec.model_construct(**parts)
        return made  # type: ignore[no-any-return]

    def find(self, key: S) -> Observed[S] | None:
        """The object with that natural key (no other field of ``key`` may be read), or None."""
        raise NotImplementedError

    def find_recorded(self, key: S, recorded: Mapping[str, Any]) -> Observed[S] | None:  # noqa: ARG002 - the key is enough
        """The object that the state holds; ``recorded`` are its properties, for what the world has no key for."""
        return self.find(key)

    def create(self, spec: S) -> Outputs | None:
        """Make the object."""
        raise NotImplementedError

    def update(self, found: Observed[S], spec: S) -> Outputs | None:
        """Change what the spec declares (its ``model_fields_set``) in the found object, and nothing else."""
        raise NotImplementedError

    def delete(self, found: Observed[S]) -> None:
        """Remove the found object."""
        raise NotImplementedError


class LocalHandler(Handler[S]):
    """For kinds that live on this machine or in the state alone, where nobody else makes them."""

    def is_owned(self, spec: S, found: Observed[S]) -> bool:
        """It never was anybody else's."""
        del spec, found
        return True

    def update(self, found: Observed[S], spec: S) -> Outputs | None:
        """The same as making it: whatever stands already is brought to what is declared."""
        del found
        return self.create(spec)
