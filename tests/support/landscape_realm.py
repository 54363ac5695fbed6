"""A real realm made of a landscape: every Keycloak object in it, and nothing that was taken away.

What a spec would refuse is written all the same, since a realm that others made may have it.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from provision.core.handler import Context, Handler
from provision.core.registry import catalogue
from provision.keycloak.api.server_info import offered
from provision.keycloak.bases.client_policy_documents import PolicyDocumentHandler, typed
from provision.keycloak.handler import KeycloakAccess
from provision.keycloak.objects.client import client_with_id
from provision.keycloak.objects.group import group_id
from provision.keycloak.objects.realm_key import PROVIDER_TYPE
from provision.provider.lifecycle import Lifecycle
from tests.support.world import is_another, lacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.core.spec import Spec
    from provision.keycloak.api.session import Session
    from provision.rules.rule import Landscape
    from provision.rules.thing import Thing

_PREFIX = "provision:keycloak:"
OF_THE_STACK = {"Realm": {"expectedIssuer", "features", "instance", "owner"}}
"""What a realm is told of the stack around it, which is not there."""
_FEATURES = ("cimd", "client-secret-rotation", "resource-indicators")
MASTER = "master"


@contextmanager
def realm_of(session: Session, landscape: Landscape, whole: Landscape | None = None) -> Iterator[str]:
    """Its name; the realm is removed afterwards, and what the landscape has in the realm of the administrators.

    Args:
        session: The Admin API.
        landscape: What to make.
        whole: The landscape from which things were taken away that Keycloak makes itself: they are removed.
    """
    things = [thing for thing in landscape.things if _PREFIX + thing.kind in catalogue()]
    (name,) = (thing.get("name") for thing in things if thing.kind == "Realm")
    made = []
    session.delete(name)
    try:
        for thing in _in_order(things):
            made.append(thing)
            _make(session, thing)
        for thing in _taken_away(landscape, whole or landscape):
            _remove(session, thing)
        _finish(session, name, things)
        yield name
    finally:
        session.delete(name)
        for thing in reversed(made):
            if thing.properties.get("realm") == MASTER:
                _remove(session, thing)


def offered_of(session: Session, landscape: Landscape) -> tuple[Landscape, list[str]]:
    """What this Keycloak can have of a landscape, and what it lacks of the rest; the toolkit's own must have it all.

    Args:
        session: The Admin API.
        landscape: The objects; policies, executors and conditions that the server does not offer are left out.
    """
    lacking: set[str] = set()
    things = []
    for thing in landscape.things:
        token = _PREFIX + thing.kind
        calls = catalogue().get(token)
        if calls and lacks(session, token):
            lacking.add(f"registration policy {calls.provider_id!r}")
        elif is_another() and calls and issubclass(calls, PolicyDocumentHandler):
            things.append(_offered_parts(session, calls, thing, lacking))
        else:
            things.append(thing)
    return replace(landscape, things=tuple(things)), sorted(lacking)


def _offered_parts(
    session: Session, calls: type[PolicyDocumentHandler[Any]], thing: Thing, lacking: set[str]
) -> Thing:
    """A profile or policy without the executors or conditions that the server lacks."""
    there = offered(session, f"client-policy-{calls.part}") or ()
    named = {calls.spec.model_fields[name].alias: mark.id for name, mark in typed(calls.spec).items()}
    used = {named[name] for name, value in thing.properties.items() if value and name in named}
    others = thing.properties.get(calls.parts) or ()
    used |= {item[calls.part] for item in others}
    lacking |= {f"{calls.part} {id_!r}" for id_ in used.difference(there)}
    values = {
        name: value for name, value in thing.properties.items() if named.get(name) not in used - {*there}
    }
    if others:
        values[calls.parts] = [item for item in others if item[calls.part] in there]
    return replace(thing, properties=values)


def _make(session: Session, thing: Thing) -> None:
    spec, allowed = _spec(thing)
    if "ageDays" in thing.properties:
        _make_aged_key(session, thing)
    elif thing.kind == "User" and thing.get("realm") == MASTER:
        with _unmanaged_attributes(session, MASTER):
            _write(_calls(session, thing), spec)
    elif allowed:
        context = Context(connection=KeycloakAccess(lambda: session, _FEATURES), log=lambda _line: None)
        Lifecycle(catalogue()[type(spec).token], context).create(spec.wire(), preview=False)
    else:
        _write(_calls(session, thing), spec)
    if thing.properties.get("temporaryAdministrator"):
        _mark_client(session, thing)
    if thing.kind == "Group":
        _fill_group(session, thing)


def _write(calls: Handler[Any], spec: Spec) -> None:
    """Past all checks but Keycloak's own."""
    found = calls.find(spec)
    if found is None:
        calls.create(spec)
    else:
        calls.update(found, spec)


def _remove(session: Session, thing: Thing) -> None:
    calls = _calls(session, thing)
    if (found := calls.find(_spec(thing)[0])) is not None:
        calls.delete(found)


def _calls(session: Session, thing: Thing) -> Handler[Any]:
    return catalogue()[_PREFIX + thing.kind](Context(connection=KeycloakAccess(lambda: session), log=print))


def _spec(thing: Thing) -> tuple[Any, bool]:
    """The object as its spec, and whether the spec allows it to be so."""
    kind = catalogue()[_PREFIX + thing.kind].spec
    fields, left_out = kind.fields(), OF_THE_STACK.get(thing.kind, ())
    values = {
        name: value for name, value in thing.properties.items() if name in fields and name not in left_out
    }
    if thing.kind == "Realm" and values.get("sslRequired") == "all":
        values["sslRequired"] = "external"  # over HTTP it is not to be made so, see _finish
    try:
        return kind.model_validate(values), True
    except ValidationError as error:
        refused = {str(problem["loc"][0]) for problem in error.errors()}
    allowed = kind.model_validate({name: value for name, value in values.items() if name not in refused})
    return allowed.model_copy(update={fields[name].name: values[name] for name in refused}), False


def _finish(session: Session, name: str, things: list[Thing]) -> None:
    """What shuts a realm to plain HTTP comes last."""
    (wanted,) = (thing.get("sslRequired") for thing in things if thing.kind == "Realm")
    if wanted == "all":
        session.put(name, body={**session.get(name), "sslRequired": wanted})


def _mark_client(session: Session, thing: Thing) -> None:
    """As Keycloak marks the client that it was started with."""
    realm = thing.get("realm")
    client = client_with_id(session, realm, thing.get("clientId")) or {}
    marked = {**client["attributes"], "is_temporary_admin": "true"}
    session.put(realm, "clients", client["id"], body={**client, "attributes": marked})


def _fill_group(session: Session, thing: Thing) -> None:
    """With service accounts, or with everybody who is new."""
    realm, group = thing.get("realm"), group_id(session, thing.get("realm"), thing.get("path"))
    for client_id in thing.properties.get("serviceAccounts", ()):
        client = client_with_id(session, realm, client_id) or {}
        account = session.get(realm, "clients", client["id"], "service-account-user")
        session.put(realm, "users", account["id"], "groups", group, body={})
    if thing.properties.get("everyone"):
        session.put(realm, "default-groups", group, body={})


def _make_aged_key(session: Session, thing: Thing) -> None:
    """A key that is brought along with its certificate, since Keycloak makes none that is older than now."""
    key, certificate = aged_key(thing.get("ageDays"))
    config = {"privateKey": [key], "certificate": [certificate], "keyUse": ["SIG"], "priority": ["200"]}
    body = {"name": thing.get("name"), "providerId": "rsa", "providerType": PROVIDER_TYPE, "config": config}
    realm = thing.get("realm")
    session.post(realm, "components", body={**body, "parentId": session.realm_id(realm)})


def aged_key(days: int) -> tuple[str, str]:
    """A private key in PEM, and its certificate in base64.

    Args:
        days: How old the certificate is.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "aged")])
    began = datetime.now(UTC) - timedelta(days=days, hours=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(began).not_valid_after(began + timedelta(days=days + 365))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signed = certificate.sign(key, hashes.SHA256())
    return pem.decode(), base64.b64encode(signed.public_bytes(serialization.Encoding.DER)).decode()


@contextmanager
def _unmanaged_attributes(session: Session, realm: str) -> Iterator[None]:
    """Let attributes of users be written that are in no profile, as Keycloak itself writes its mark."""
    before = session.get(realm, "users", "profile")
    session.put(realm, "users", "profile", body={**before, "unmanagedAttributePolicy": "ADMIN_EDIT"})
    try:
        yield
    finally:
        session.put(realm, "users", "profile", body=before)


def _in_order(things: list[Thing]) -> list[Thing]:
    """Each after those that it names; the realm first; of several with one key, the last."""
    specs = [_spec(thing)[0] for thing in things]
    known = {_key(spec): (spec, thing) for spec, thing in zip(specs, things, strict=True)}
    ordered: dict[tuple[Any, ...], Thing] = {}

    def place(key: tuple[Any, ...]) -> None:
        if key in ordered:
            return
        spec, thing = known[key]
        before = [(thing.properties.get("realm"), *other) for other in spec.references()]
        before += [other for other in known if other[1] in spec.follows]
        for other in before:
            if other in known:
                place(other)
        ordered[key] = thing

    for key in sorted(known, key=lambda key: key[1] != "Realm"):
        place(key)
    return [*ordered.values()]


def _key(spec: Spec) -> tuple[Any, ...]:
    return getattr(spec, "realm", None), *spec.key_in_container()


def _taken_away(landscape: Landscape, whole: Landscape) -> list[Thing]:
    left = {(thing.kind, thing.name) for thing in landscape.things}
    gone = [thing for thing in whole.things if (thing.kind, thing.name) not in left]
    return [thing for thing in gone if _PREFIX + thing.kind in catalogue()]
