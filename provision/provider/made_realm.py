"""The comparison of the records of a stack with its realm.

The provider compares the fields of declared objects (:mod:`provision.provider.lifecycle`). This module compares everything
else that a realm of ours holds: the objects that Keycloak made in it, and the settings without a field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provision.core.record import Path, unpacked, without
from provision.core.registry import catalogue, kind
from provision.core.spec import ADOPTED_FROM
from provision.keycloak import realm_document as document
from provision.keycloak.api.server_info import version
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.registration_policy import RegistrationPolicyHandler
from provision.keycloak.handler import KeycloakHandler
from provision.keycloak.objects.authentication_bindings import PLACES as BINDINGS
from provision.keycloak.realm_differences import Difference, differences, without_rotated
from provision.provider.discovery import silent_context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provision.core.spec import Spec
    from provision.keycloak.api.session import Session
    from provision.keycloak.realm_listing import RealmListing

_REALM: Final = "provision:keycloak:Realm"
_PREFIX: Final = "*"
"""The end of a path to a component, whose name is perhaps known by its beginning only."""
_PLACES: Final[dict[str, Path]] = {
    "Client": (document.CLIENTS, "{client_id}"),
    "ClientScope": (document.CLIENT_SCOPES, "{name}"),
    "MailServer": (document.REALM, "smtpServer"),
    "LocalizationTexts": (document.REALM, "localizationTexts", "{locale}"),
    "ClientScopeAssignment": (document.CLIENTS, "{client}", document.SCOPES, "{scope}"),
    "RealmClientScopeAssignment": (document.SCOPES_OF_NEW_CLIENTS, "{scope}"),
    "RealmClientScopes": (document.SCOPES_OF_NEW_CLIENTS,),
    "RealmKey": (document.COMPONENTS, "KeyProvider/{provider}/{name}"),
    "UserProfile": (document.COMPONENTS, "UserProfileProvider/", _PREFIX),
    "IdentityProvider": (document.IDENTITY_PROVIDERS, "{alias}"),
    "LdapUserFederation": (document.COMPONENTS, "UserStorageProvider/ldap/{name}"),
    "RealmRole": (document.ROLES, "/{name}"),
    "ClientRole": (document.ROLES, "{client}/{name}"),
    "AuthenticationFlow": (document.FLOWS, "{alias}"),
}
"""The places of the objects of each kind in a realm's document, with the fields of the natural key in braces."""


@dataclass(frozen=True)
class Held:
    """An object of the state.

    Args:
        key: Its natural key.
        urn: Its URN.
        record: What it held besides its fields when the stack made it; None if it was adopted or has no record.
        is_adopted: Whether it was there before the stack.
        declared: The names of the fields that the program declares, as they are in the state.
    """

    key: Spec
    urn: str
    record: Mapping[str, Any] | None
    is_adopted: bool
    declared: frozenset[str] = frozenset()


def held(resources: Iterable[Mapping[str, Any]]) -> Iterator[Held]:
    """Yield the objects of a state that are in a Keycloak.

    Args:
        resources: The resources of the state, as Pulumi writes them.
    """
    for item in resources:
        handler = kind(item["type"])
        if handler is None or not issubclass(handler, KeycloakHandler) or not item.get("id"):
            continue
        outputs = item.get("outputs") or {}
        parts: dict[str, Any] = dict(handler.spec.from_identity(item["id"]))
        key: Spec = handler.spec.model_construct(**parts)
        adopted = ADOPTED_FROM in outputs
        declared = frozenset(item.get("inputs") or ())
        yield Held(key, item.get("urn", ""), None if adopted else unpacked(outputs), adopted, declared)


def realms_of(resources: Iterable[Mapping[str, Any]], first: str) -> tuple[str, ...]:
    """Return the names of all realms in a state.

    Args:
        resources: The resources of the state, as Pulumi writes them.
        first: The realm that comes first: the one of the stack's outputs, which another program may declare.
    """
    found = (item["id"] for item in resources if item["type"] == _REALM and item.get("id"))
    return tuple(dict.fromkeys((first, *map(str, found))))


def compare(
    session: Session, listing: RealmListing, objects: Iterable[Held], seen: Iterable[Spec] = ()
) -> tuple[list[Difference], list[str]]:
    """Return what differs from the records of a stack's objects, and a phrase for what could not be compared.

    Args:
        session: The Admin API.
        listing: The realm.
        objects: The objects of the state.
        seen: The keys of further objects that the caller reports itself.

    Raises:
        KeycloakError: The realm can't be read as a whole.
    """
    objects = list(objects)
    recorded = {item.urn: item for item in objects if item.record is not None}
    if not recorded:
        return [], []
    now = version(session)
    if other := sorted(
        {str(item.record.get(document.VERSION)) for item in recorded.values() if item.record} - {now}
    ):
        return [], [f"what has no field: it was recorded with Keycloak {', '.join(other)}"]
    if not listing.exported:
        return [], []  # there is no such realm
    live = document.of_export(listing.exported)
    expected, whole = _expected(listing.realm, objects)
    ignored = [path for item in objects for path in _not_compared(session, item)]
    ignored += [path for key in seen for path in places(session, key)]
    ignored += without_rotated(expected, live)
    ignored += [inner for path in ignored for each in (expected, live) for inner in _within(path, each)]
    names = {*(live.get(document.COMPONENTS) or ()), *(expected.get(document.COMPONENTS) or ())}
    ignored = [exact for path in ignored for exact in _exact(path, names)]
    return list(differences(without(expected, ignored), without(live, ignored), whole=whole)), []


def places(session: Session, key: Spec) -> list[Path]:
    """Return the places of an object in its realm's document; none for kinds that are not in it."""
    fields = type(key).model_fields

    def text(field: str) -> str:
        return str(getattr(key, field, ""))

    if "registration" in fields:
        handler = catalogue()[key.token](silent_context(session))
        assert isinstance(handler, RegistrationPolicyHandler)  # noqa: S101 - only policies have the field
        begin = f"ClientRegistrationPolicy/{text('registration') or 'anonymous'}/{handler.provider_of(key)}/"
        return [(document.COMPONENTS, begin + handler.name_of(key), _PREFIX)]
    if type(key).__name__ == "AuthenticationBindings":
        return [(document.REALM, place) for place in BINDINGS]
    if "identity_provider" in fields:
        return [(document.IDENTITY_PROVIDERS, text("identity_provider"), document.MAPPERS, text("name"))]
    if {"scope", "client", "name"} <= fields.keys():
        return [(*_owner(key), document.MAPPERS, text("name"))]
    if {"scope", "client", "role"} <= fields.keys():
        name = document.role_name(text("role"), text("owner"))
        return [(*_owner(key), document.SCOPE_MAPPINGS, name)]
    values = {field: text(field) for field in fields}
    parts = _PLACES.get(type(key).__name__)
    return [tuple(part.format(**values) for part in parts)] if parts else []


def in_record_of_the_realm(key: Spec, objects: Iterable[Held]) -> bool:
    """Return whether an object is one of Keycloak's own in a realm that the stack made, so that its record holds it."""
    section, *name = places_of_record(key)
    realm = getattr(key, "realm", "")
    records = [item.record for item in objects if getattr(item.key, "name", "") == realm and _is_realm(item)]
    return any(record is not None and {*name} & {*(record.get(section) or ())} for record in records)


def _is_realm(item: Held) -> bool:
    return type(item.key).__name__ == "Realm"


def _owner(key: Any) -> Path:
    """Return the place of the client or client scope that an object belongs to."""
    return (document.CLIENTS, key.client) if key.client else (document.CLIENT_SCOPES, key.scope)


def _expected(realm: str, objects: Iterable[Held]) -> tuple[dict[str, Any], bool]:
    """Return the document that the records make up together, and whether the realm's own record is among them."""
    expected: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {document.CLIENTS: {}, document.CLIENT_SCOPES: {}}
    for item in objects:
        if item.record is None:
            continue
        own = {key: value for key, value in item.record.items() if key != document.VERSION}
        place = places_of_record(item.key)
        if place == (document.REALM,):
            expected = own if getattr(item.key, "name", "") == realm else expected
        else:
            section, name = place
            parts[section][name] = own
    whole = bool(expected)
    for section, added in parts.items():
        expected[section] = {**(expected.get(section) or {}), **added}
    return expected, whole


def places_of_record(key: Spec) -> Path:
    """Return the place in the document of an object that has a record: the realm itself, a client or a scope."""
    match type(key).__name__:
        case "Client":
            return (document.CLIENTS, str(getattr(key, "client_id", "")))
        case "ClientScope":
            return (document.CLIENT_SCOPES, str(getattr(key, "name", "")))
    return (document.REALM,)


def _not_compared(session: Session, item: Held) -> list[Path]:
    """Return what other parts of the toolkit compare: fields, or the whole object.

    Of an object of Keycloak's own that the stack adopted, these are the declared fields: the rest stands in the record of
    the realm, if the stack made that.
    """
    handler = catalogue()[item.key.token]
    if not handler.is_recorded or not (item.is_adopted or item.record is not None):
        return places(session, item.key)
    assert issubclass(handler, CollectionHandler)  # noqa: S101 - no other kind has a record
    found = handler.field_places(item.declared if item.is_adopted else None)
    return [(*places_of_record(item.key), *place) for place in found]


def _within(path: Path, whole: Mapping[str, Any]) -> list[Path]:
    """Return the paths of the sub-flows of a flow in a document, and of the settings of their steps."""
    if path[0] != document.FLOWS:
        return []
    steps = ((whole.get(document.FLOWS) or {}).get(path[1]) or {}).get("executions") or ()
    inner = [(document.FLOWS, str(step["flowAlias"])) for step in steps if step.get("flowAlias")]
    settings = {str(step["authenticatorConfig"]) for step in steps if step.get("authenticatorConfig")}
    below = [other for each in inner for other in _within(each, whole)]
    return [*inner, *below, *((document.FLOW_SETTINGS, name) for name in settings)]


def _exact(path: Path, names: Iterable[str]) -> list[Path]:
    """Return the exact paths of the components that a path means: by the whole name, or else by its beginning."""
    if path[-1] != _PREFIX:
        return [path]
    section, whole, _ = path
    if whole in names:
        return [(section, whole)]
    begin = whole.rpartition("/")[0] + "/"
    return [(section, name) for name in names if name.startswith(begin)]
