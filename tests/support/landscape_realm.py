"""A real realm made from a landscape: all of the landscape's Keycloak objects, and none of the removed ones.

Objects that a spec would refuse are written as well, since a foreign realm may have them.
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
    from provision.rules.model import Resource, Snapshot

_PREFIX = "provision:keycloak:"
OF_THE_STACK = {"Realm": {"expectedIssuer", "features", "instance", "owner"}}
"""The properties of a realm about the stack around it, which is missing here."""
_FEATURES = ("cimd", "client-secret-rotation", "resource-indicators")
MASTER = "master"


@contextmanager
def realm_of(session: Session, snapshot: Snapshot, whole: Snapshot | None = None) -> Iterator[str]:
    """Make the realm and yield its name; afterwards remove it, and the landscape's objects in the realm master.

    Args:
        session: The Admin API.
        landscape: The objects to make.
        whole: The landscape before built-in objects were removed from it: these are removed from the realm too.
    """
    resources = [resource for resource in snapshot.resources if _PREFIX + resource.kind in catalogue()]
    (name,) = (resource.get("name") for resource in resources if resource.kind == "Realm")
    made = []
    session.delete(name)
    try:
        for resource in _in_order(resources):
            made.append(resource)
            _make(session, resource)
        for resource in _taken_away(snapshot, whole or snapshot):
            _remove(session, resource)
        _finish(session, name, resources)
        yield name
    finally:
        session.delete(name)
        for resource in reversed(made):
            if resource.properties.get("realm") == MASTER:
                _remove(session, resource)


def offered_of(session: Session, snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    """Return the part of a landscape that this Keycloak supports, and the missing features; the toolkit's own has all.

    Args:
        session: The Admin API.
        landscape: The objects; policies, executors and conditions that the server does not offer are left out.
    """
    lacking: set[str] = set()
    resources = []
    for resource in snapshot.resources:
        token = _PREFIX + resource.kind
        calls = catalogue().get(token)
        if calls and lacks(session, token):
            lacking.add(f"registration policy {calls.provider_id!r}")
        elif is_another() and calls and issubclass(calls, PolicyDocumentHandler):
            resources.append(_offered_parts(session, calls, resource, lacking))
        else:
            resources.append(resource)
    return replace(snapshot, resources=tuple(resources)), sorted(lacking)


def _offered_parts(
    session: Session, calls: type[PolicyDocumentHandler[Any]], resource: Resource, lacking: set[str]
) -> Resource:
    """Return a profile or policy without the executors or conditions that the server lacks."""
    there = offered(session, f"client-policy-{calls.part}") or ()
    named = {calls.spec.model_fields[name].alias: mark.id for name, mark in typed(calls.spec).items()}
    used = {named[name] for name, value in resource.properties.items() if value and name in named}
    others = resource.properties.get(calls.parts) or ()
    used |= {item[calls.part] for item in others}
    lacking |= {f"{calls.part} {id_!r}" for id_ in used.difference(there)}
    values = {
        name: value for name, value in resource.properties.items() if named.get(name) not in used - {*there}
    }
    if others:
        values[calls.parts] = [item for item in others if item[calls.part] in there]
    return replace(resource, properties=values)


def _make(session: Session, resource: Resource) -> None:
    spec, allowed = _spec(resource)
    if "ageDays" in resource.properties:
        _make_aged_key(session, resource)
    elif resource.kind == "User" and resource.get("realm") == MASTER:
        with _unmanaged_attributes(session, MASTER):
            _write(_calls(session, resource), spec)
    elif allowed:
        context = Context(connection=KeycloakAccess(lambda: session, _FEATURES), log=lambda _line: None)
        Lifecycle(catalogue()[type(spec).token], context).create(spec.wire(), preview=False)
    else:
        _write(_calls(session, resource), spec)
    if resource.properties.get("temporaryAdministrator"):
        _mark_client(session, resource)
    if resource.kind == "Group":
        _fill_group(session, resource)


def _write(calls: Handler[Any], spec: Spec) -> None:
    """Write an object past all checks but Keycloak's own."""
    found = calls.find(spec)
    if found is None:
        calls.create(spec)
    else:
        calls.update(found, spec)


def _remove(session: Session, resource: Resource) -> None:
    calls = _calls(session, resource)
    if (found := calls.find(_spec(resource)[0])) is not None:
        calls.delete(found)


def _calls(session: Session, resource: Resource) -> Handler[Any]:
    return catalogue()[_PREFIX + resource.kind](
        Context(connection=KeycloakAccess(lambda: session), log=print)
    )


def _spec(resource: Resource) -> tuple[Any, bool]:
    """Return the object as its spec, and whether the spec allows the object."""
    kind = catalogue()[_PREFIX + resource.kind].spec
    fields, left_out = kind.fields(), OF_THE_STACK.get(resource.kind, ())
    values = {
        name: value for name, value in resource.properties.items() if name in fields and name not in left_out
    }
    if resource.kind == "Realm" and values.get("sslRequired") == "all":
        values["sslRequired"] = "external"  # not over HTTP, see _finish
    try:
        return kind.model_validate(values), True
    except ValidationError as error:
        refused = {str(problem["loc"][0]) for problem in error.errors()}
    allowed = kind.model_validate({name: value for name, value in values.items() if name not in refused})
    return allowed.model_copy(update={fields[name].name: values[name] for name in refused}), False


def _finish(session: Session, name: str, resources: list[Resource]) -> None:
    """Apply the settings that close a realm to plain HTTP, last."""
    (wanted,) = (resource.get("sslRequired") for resource in resources if resource.kind == "Realm")
    if wanted == "all":
        session.put(name, body={**session.get(name), "sslRequired": wanted})


def _mark_client(session: Session, resource: Resource) -> None:
    """Mark a client as Keycloak marks the client that it was started with."""
    realm = resource.get("realm")
    client = client_with_id(session, realm, resource.get("clientId")) or {}
    marked = {**client["attributes"], "is_temporary_admin": "true"}
    session.put(realm, "clients", client["id"], body={**client, "attributes": marked})


def _fill_group(session: Session, resource: Resource) -> None:
    """Fill a group with service accounts, or make it a default group."""
    realm, group = resource.get("realm"), group_id(session, resource.get("realm"), resource.get("path"))
    for client_id in resource.properties.get("serviceAccounts", ()):
        client = client_with_id(session, realm, client_id) or {}
        account = session.get(realm, "clients", client["id"], "service-account-user")
        session.put(realm, "users", account["id"], "groups", group, body={})
    if resource.properties.get("everyone"):
        session.put(realm, "default-groups", group, body={})


def _make_aged_key(session: Session, resource: Resource) -> None:
    """Import a key with its certificate, since Keycloak makes only keys that are new."""
    key, certificate = aged_key(resource.get("ageDays"))
    config = {"privateKey": [key], "certificate": [certificate], "keyUse": ["SIG"], "priority": ["200"]}
    body = {
        "name": resource.get("name"),
        "providerId": "rsa",
        "providerType": PROVIDER_TYPE,
        "config": config,
    }
    realm = resource.get("realm")
    session.post(realm, "components", body={**body, "parentId": session.realm_id(realm)})


def aged_key(days: int) -> tuple[str, str]:
    """Return a private key in PEM, and its certificate in base64.

    Args:
        days: The certificate's age.
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
    """Allow user attributes that are in no profile, such as Keycloak's own mark."""
    before = session.get(realm, "users", "profile")
    session.put(realm, "users", "profile", body={**before, "unmanagedAttributePolicy": "ADMIN_EDIT"})
    try:
        yield
    finally:
        session.put(realm, "users", "profile", body=before)


def _in_order(resources: list[Resource]) -> list[Resource]:
    """Return the resources, each after its references, the realm first; of several with the same key, the last."""
    specs = [_spec(resource)[0] for resource in resources]
    known = {_key(spec): (spec, resource) for spec, resource in zip(specs, resources, strict=True)}
    ordered: dict[tuple[Any, ...], Resource] = {}

    def place(key: tuple[Any, ...]) -> None:
        if key in ordered:
            return
        spec, resource = known[key]
        before = [(resource.properties.get("realm"), *other) for other in spec.references()]
        before += [other for other in known if other[1] in spec.follows]
        for other in before:
            if other in known:
                place(other)
        ordered[key] = resource

    for key in sorted(known, key=lambda key: key[1] != "Realm"):
        place(key)
    return [*ordered.values()]


def _key(spec: Spec) -> tuple[Any, ...]:
    return getattr(spec, "realm", None), *spec.key_in_container()


def _taken_away(snapshot: Snapshot, whole: Snapshot) -> list[Resource]:
    left = {(resource.kind, resource.name) for resource in snapshot.resources}
    gone = [resource for resource in whole.resources if (resource.kind, resource.name) not in left]
    return [resource for resource in gone if _PREFIX + resource.kind in catalogue()]
