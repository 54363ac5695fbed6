"""Discovery of a realm's objects as specs: the entries of a stack file that describe the realm."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from provision._lib.display_names import in_words
from provision._lib.errors import ProvisionError
from provision._lib.validation import problems
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.handler import KeycloakAccess, KeycloakHandler
from provision.keycloak.realm_listing import RealmListing
from provision.keycloak.remainder import Said, remainder
from provision.provider.lifecycle import Lifecycle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provision._lib.progress import Step
    from provision.core.handler import Observed
    from provision.core.spec import Spec
    from provision.keycloak.api.session import Session

_READERS = 8


@dataclass(frozen=True)
class Discovery:
    """The objects found in a realm.

    Args:
        objects: The objects, each with its ``type`` and its fields under their wire names; without secrets, values that
            Keycloak itself sets, and the realm's name.
        left_out: A phrase for each object without a kind here, for each that could not be read, and for secrets.
    """

    objects: tuple[dict[str, Any], ...]
    left_out: tuple[str, ...]


def discover(
    session: Session, realm: str, step: Step, *, is_new: Callable[[Spec], bool] | None = None
) -> Discovery:
    """Look through a realm, without changing anything.

    What one object lacks keeps no other object out: an object that can't be declared is left out, as is what belongs to
    it; a field that can't be declared is left out of its object, and stays as it is in the realm.

    Args:
        session: The Admin API.
        realm: The realm, which must be there.
        step: A callback that gets the name of each kind of object.
        is_new: Returns whether the object with a key is wanted; the result names nothing else then. None for the whole realm.

    Raises:
        KeycloakError: A list can't be read, for example because the service account may not see it.
    """
    listing = RealmListing(session, realm)
    context = silent_context(session)
    tried: list[_Tried] = []
    with ThreadPoolExecutor(_READERS) as readers:
        for kind in keycloak_kinds():
            step.note(kind.spec.__name__)
            handler = kind(context)
            try:
                keys = [key for key in handler.discover(listing) if is_new is None or is_new(key)]
            except ProvisionError:
                if not kind.is_told_by_export:
                    raise
                continue  # the remainder says that the realm could not be exported
            tried += readers.map(partial(_tried, handler), keys)
    _without_what_is_left_out(tried, listing.strange_keys())
    left_out = [phrase for item in tried for phrase in item.phrases()]
    if is_new is None:
        step.note("what no kind can say")
        left_out = [*listing.strangers(), *left_out, *_remainder(listing, tried), *listing.secrets()]
    objects = [item.entry() for item in tried if item.why is None]
    return Discovery(tuple(objects), tuple(dict.fromkeys(left_out)))


@dataclass
class _Tried:
    """An object of the realm, as far as it can be declared.

    Args:
        handler: The handler of its kind.
        key: Its natural key.
        found: The object in the realm, if it could be read.
        fields: The fields to declare.
        why: Why the object can't be declared; None if it can.
        kept: Why fields can't be declared, by field.
    """

    handler: KeycloakHandler[Any]
    key: Spec
    found: Observed[Any] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    why: str | None = None
    kept: dict[str, str] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        """Return the entry of the stack file."""
        container = self.handler.spec.container()
        hidden = {container.wire} if container is not None else set()
        told = {name: value for name, value in self.fields.items() if value != "" and name not in hidden}
        return {"type": self.handler.spec.__name__} | told

    def phrases(self) -> Iterator[str]:
        """Yield what is left out of the object, or why the whole object is."""
        if self.why is not None:
            yield f"{self.key.label()}: {self.why}"
            return
        for name, why in self.kept.items():
            yield f"{self.key.label()}: {name} is left as it is ({why})"

    def leave_out(self, name: str, why: str) -> None:
        """Leave one field out."""
        self.fields.pop(name, None)
        self.kept[name] = why


def _tried(handler: KeycloakHandler[Any], key: Spec) -> _Tried:
    """Return an object with the fields that can be declared."""
    tried = _Tried(handler, key)
    try:
        found = handler.find_recorded(key, {})
        if found is None:
            tried.why = handler.why_not_found(key)
            return tried
        fields = Lifecycle(type(handler), handler.context).entry(found)
        asked_for = {name: value for name, value in _ASKED_FOR.items() if name in handler.spec.fields()}
        tried.found, tried.fields = found, fields | asked_for
        _leave_out_what_does_not_fit(tried)
    except ValidationError as error:
        tried.why = "; ".join(map(str, problems(error, handler.spec)))
    except ProvisionError as error:
        tried.why = error.what
    except _DEFECTS as error:
        tried.why = f"it is not as Keycloak writes it ({type(error).__name__})"
    return tried


_DEFECTS = (TypeError, ValueError, KeyError, AttributeError, IndexError)
"""The errors of handlers that read a representation of an unexpected shape."""


def _leave_out_what_does_not_fit(tried: _Tried) -> None:
    """Leave the fields out whose values no declaration may have.

    Raises:
        ValidationError: A part of the natural key, or a field that must be given, has such a value.
    """
    spec = tried.handler.spec
    standing = {field.wire for field in spec.key_fields()} | _ASKED_FOR.keys()
    optional = {name for name, field in spec.fields().items() if not field.required} - standing
    while True:
        try:
            spec.model_validate(tried.fields)
        except ValidationError as error:
            wrong = {str(item.place[0]): item.reason for item in problems(error, spec) if item.place}
            if wrong.keys() - optional:
                raise
            for name, why in (wrong or _one_too_much(tried, optional, error)).items():
                tried.leave_out(name, f"it {why}" if name in wrong else why)
        else:
            return


def _one_too_much(tried: _Tried, optional: set[str], error: ValidationError) -> dict[str, str]:
    """Return the field without which the others fit together, with the reason.

    Raises:
        ValidationError: There is no such field.
    """
    spec = tried.handler.spec
    for name in tried.fields.keys() & optional:
        with suppress(ValidationError):
            spec.model_validate({other: value for other, value in tried.fields.items() if other != name})
            return {name: "; ".join(map(str, problems(error, spec)))}
    raise error


def _without_what_is_left_out(tried: list[_Tried], strange: Iterable[tuple[str, ...]]) -> None:
    """Leave out what belongs to an object that is left out, and fields that name such an object.

    Args:
        tried: The objects, which are changed.
        strange: The keys of objects without a kind here.
    """
    gone = {*strange, *(item.key.key_in_container() for item in tried if item.why is not None)}
    before = -1
    while len(gone) != before:
        before = len(gone)
        for item in tried:
            if item.why is None and (owner := _named_among(item.key.references(), gone)):
                item.why = f"it belongs to the {in_words(owner[0])} {'/'.join(owner[1:])}, which is left out"
                gone.add(item.key.key_in_container())
    for item in tried:
        if item.why is not None or item.found is None:
            continue
        spec: Any = item.handler.spec
        for wire in [name for name in item.fields if not spec.fields()[name].required]:
            only = spec.fields()[wire].name
            referring = item.key.model_copy(update={only: getattr(item.found.spec, only)})
            if owner := _named_among(referring.references(), gone):
                item.leave_out(
                    wire, f"it names the {in_words(owner[0])} {'/'.join(owner[1:])}, which is left out"
                )


def _named_among(references: Iterable[tuple[str, ...]], gone: set[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the first reference to an object that is gone, or whose client is gone."""
    for reference in references:
        of_client = ("Client", reference[1])
        if reference in gone or (reference[0] == "ClientRole" and of_client in gone):
            return reference
    return None


def _remainder(listing: RealmListing, tried: Iterable[_Tried]) -> list[str]:
    """Return a phrase for each thing in the realm that the declared objects do not say."""
    said = [Said(item.handler, item.found) for item in tried if item.why is None and item.found is not None]
    try:
        return remainder(listing, listing.exported, said)
    except ProvisionError as error:
        return [f"what no kind can say was not looked at: {error.what}"]


def silent_context(session: Session) -> Context:
    """Return the context of handlers that work on a Keycloak and tell the user nothing.

    Args:
        session: The Admin API.
    """
    return Context(connection=KeycloakAccess(lambda: session), log=lambda _line: None)


def keycloak_kinds() -> list[type[KeycloakHandler[Any]]]:
    """Return the handlers of all kinds of objects in a Keycloak."""
    return [handler for handler in catalogue().values() if issubclass(handler, KeycloakHandler)]


_ASKED_FOR = {"adopt": True}
"""The fields that an object to be taken over has to declare."""
