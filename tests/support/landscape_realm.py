"""A real realm made of a landscape: every Keycloak object in it, and nothing that was taken away."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from provision.provider.lifecycle import Lifecycle
from provision.spec import Context, catalogue
from tests.support.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.keycloak.session import Session
    from provision.rules.rule import Landscape
    from provision.rules.thing import Thing
    from provision.spec import Spec

_PREFIX = "provision:keycloak:"
_OF_THE_STACK = {"expectedIssuer", "features", "instance", "owner"}
"""What a realm is told of the stack around it, which is not there."""
_FEATURES = ("cimd", "client-secret-rotation", "resource-indicators")


@contextmanager
def realm_of(session: Session, landscape: Landscape, whole: Landscape | None = None) -> Iterator[str]:
    """Its name; the realm is removed afterwards.

    Args:
        session: The Admin API.
        landscape: What to make.
        whole: The landscape from which things were taken away that Keycloak makes itself: they are removed.
    """
    specs = [_spec(thing, session) for thing in landscape.things if _PREFIX + thing.kind in catalogue()]
    (name,) = (spec.name for spec in specs if type(spec).__name__ == "Realm")
    session.delete(name)
    try:
        for spec in _in_order(specs):
            _lifecycle(session, type(spec).token).create(spec.wire(), preview=False)
        for spec in _taken_away(session, landscape, whole or landscape):
            calls = catalogue()[type(spec).token](Context(session=lambda: session, log=print))
            if (found := calls.find(spec)) is not None:
                calls.delete(found)
        yield name
    finally:
        session.delete(name)


def _lifecycle(session: Session, token: str) -> Lifecycle:
    context = Context(session=lambda: session, log=lambda _line: None, features=_FEATURES)
    return Lifecycle(catalogue()[token], context)


def _spec(thing: Thing, session: Session) -> Spec:
    values = {key: value for key, value in thing.properties.items() if key not in _OF_THE_STACK}
    if values.get("sslRequired") == "all" and session.url.startswith("http:"):
        values["sslRequired"] = "external"  # else it could not be managed
    return catalogue()[_PREFIX + thing.kind].spec.model_validate(values)


def _in_order(specs: list[Spec]) -> list[Spec]:
    """Each after those that it names; the realm first."""
    known = {spec.key_in_realm(): spec for spec in specs}
    ordered: dict[tuple[str, ...], Any] = {}

    def place(spec: Spec) -> None:
        if spec.key_in_realm() in ordered:
            return
        before = [known[key] for key in spec.references() if key in known]
        before += [other for other in specs if type(other).__name__ in spec.follows]
        for other in before:
            place(other)
        ordered[spec.key_in_realm()] = spec

    for spec in sorted(specs, key=lambda spec: type(spec).__name__ != "Realm"):
        place(spec)
    return [*ordered.values()]


def _taken_away(session: Session, landscape: Landscape, whole: Landscape) -> list[Spec]:
    left = {(thing.kind, thing.name) for thing in landscape.things}
    gone = [thing for thing in whole.things if (thing.kind, thing.name) not in left]
    return [
        _spec(thing, session)
        for thing in gone
        if _PREFIX + thing.kind in SAMPLES and SAMPLES[_PREFIX + thing.kind].factory
    ]
