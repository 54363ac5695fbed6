"""Discovery of a realm's objects as specs: the entries of a stack file that describe the realm."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from provision._lib.errors import ProvisionError
from provision._lib.validation import problems
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.handler import KeycloakAccess, KeycloakHandler
from provision.keycloak.realm_listing import RealmListing
from provision.provider.lifecycle import Lifecycle
from provision.provider.wire import plain

if TYPE_CHECKING:
    from provision._lib.progress import Step
    from provision.core.handler import Handler
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


def discover(session: Session, realm: str, step: Step) -> Discovery:
    """Look through a realm, without changing anything.

    Args:
        session: The Admin API.
        realm: The realm, which must be there.
        step: A callback that gets the name of each kind of object.

    Raises:
        KeycloakError: A list can't be read, for example because the service account may not see it.
    """
    listing = RealmListing(session, realm)
    context = silent_context(session)
    objects: list[dict[str, Any]] = []
    left_out = listing.strangers()
    with ThreadPoolExecutor(_READERS) as readers:
        for handler in keycloak_kinds():
            step.note(handler.spec.__name__)
            keys = list(handler(context).discover(listing))
            for found in readers.map(lambda key, handler=handler: _told(handler, context, key), keys):
                if isinstance(found, str):
                    left_out.append(found)
                else:
                    objects.append(found)
    left_out += listing.secrets()
    return Discovery(tuple(objects), tuple(dict.fromkeys(left_out)))


def silent_context(session: Session) -> Context:
    """Return the context of handlers that work on a Keycloak and tell the user nothing.

    Args:
        session: The Admin API.
    """
    return Context(connection=KeycloakAccess(lambda: session), log=lambda _line: None)


def keycloak_kinds() -> list[type[KeycloakHandler[Any]]]:
    """Return the handlers of all kinds of objects in a Keycloak."""
    return [handler for handler in catalogue().values() if issubclass(handler, KeycloakHandler)]


def _told(handler: type[Handler[Any]], context: Context, key: Spec) -> dict[str, Any] | str:
    """Return the object as a stack file would declare it, or a text that says why it can't be declared."""
    try:
        state = Lifecycle(handler, context).read(key.identity(), {}, {})
        if state is None:
            return f"{key.label()}: it is gone"
        told = {name: plain(value) for name, value in state.inputs.items()}
        told |= {name: value for name, value in _ASKED_FOR.items() if name in handler.spec.fields()}
        handler.spec.model_validate(told)
    except ValidationError as error:
        return f"{key.label()}: {'; '.join(map(str, problems(error, handler.spec)))}"
    except ProvisionError as error:
        return f"{key.label()}: {error.what}"
    if (container := handler.spec.container()) is not None:
        del told[container.wire]
    return {"type": handler.spec.__name__} | {name: value for name, value in told.items() if value != ""}


_ASKED_FOR = {"adopt": True}
"""The fields that an object to be taken over has to declare."""
