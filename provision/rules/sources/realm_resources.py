"""The resources of a realm that was read: every object whole, in the terms of its spec."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from provision._lib.errors import ProvisionError
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.core.spec import Mark, Spec
from provision.keycloak.bases.client_policy_documents import PolicyDocumentHandler
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.role_mappings import Roles, held
from provision.keycloak.handler import KeycloakAccess, KeycloakHandler
from provision.keycloak.objects.realm_key import PROVIDER_TYPE, RealmKey, RealmKeyHandler
from provision.keycloak.objects.user import User
from provision.keycloak.realm_listing import RealmListing
from provision.rules.model import MASKED, Resource, unreadable
from provision.rules.sources.key_metadata import key_metadata
from provision.rules.sources.keycloak_resource import KEYCLOAK, keycloak_resource
from provision.rules.sources.recorded_api import PROVIDERS, NotReadError
from provision.rules.sources.tolerant_reading import understood, without_stand_ins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.keycloak.api.session import Session
    from provision.rules.sources.recorded_api import RecordedApi

_NOT_JUDGED: Final = {"RealmClientScopes", "AuthenticationFlow", "AuthenticationBindings"}
"""Kinds that no rule looks at: the realm's lists of scopes are also single objects, and no rule judges flows."""
_JUDGED_EVERYWHERE: Final = {
    "AudienceMapper",
    "GenericProtocolMapper",
    "HardcodedClaimMapper",
    "UserAttributeMapper",
}
"""Kinds of mappers that are judged in Keycloak's own scopes and clients too: somebody may have added one there."""
_GRANTS: Final = {
    "cibaGrant": "oidc.ciba.grant.enabled",
    "jwtGrant": "oauth2.jwt.authorization.grant.enabled",
}
"""Grants of clients that no program declares, each with the client's attribute that switches the grant on."""
_FEDERATION: Final = "org.keycloak.storage.UserStorageProvider"
_IN_PART: Final = {"ClientRole"}
"""Kinds that may have been read only in part."""
_TERSE: Final = {"IdentityProvider"}
"""Kinds whose representations leave out values that are off."""
_SYMMETRIC: Final = {"aes-generated", "hmac-generated"}
"""Types of keys that only Keycloak itself uses."""
_MADE_BY_KEYCLOAK: Final = get_args(RealmKey.model_fields["provider"].annotation)
"""Types of keys whose settings name their size."""
_ANY_KEY: Final = _MADE_BY_KEYCLOAK[0]
TEMPORARY_MARK: Final = "is_temporary_admin"
"""The attribute of the users and clients that Keycloak makes at its first start."""
_DEFECTS: Final = (ProvisionError, ValueError, LookupError, TypeError, AttributeError)
"""Errors caused by a representation that Keycloak did not write."""


class _Listing(RealmListing):
    """The listing of a realm that was read, built-in objects included."""

    def __init__(self, recorded: RecordedApi) -> None:
        super().__init__(recorded, recorded.name, factory=True)
        self.recorded = recorded


def read(recorded: RecordedApi) -> tuple[tuple[Resource, ...], Mapping[str, str]]:
    """Return the realm's objects, and the kinds that cannot be seen with the reason for each.

    An object that cannot be understood is included: its key is known, and every other value is unreadable.

    Args:
        recorded: The realm.
    """
    listing = _Listing(recorded)
    session = cast("Session", recorded)  # `find` and `discover` only read
    context = Context(connection=KeycloakAccess(lambda: session), log=lambda _line: None)
    resources: list[Resource] = []
    unseen = dict(recorded.unread)
    for token, handler in catalogue().items():
        kind = token.removeprefix(KEYCLOAK)
        if not issubclass(handler, KeycloakHandler) or kind in _NOT_JUDGED:
            continue
        if kind in unseen and kind not in _IN_PART:
            continue
        try:
            resources += [*_KINDS.get(kind, _discovered)(handler(context), listing)]
        except NotReadError as error:
            unseen[kind] = error.what
    sources: list[Resource] = []
    try:
        sources += _user_sources(listing)
    except NotReadError as error:
        unseen["UserSource"] = error.what
    if recorded.is_a_file:
        resources = [_without_stand_ins(resource) for resource in resources]
    return (*resources, *sources), unseen


def _without_stand_ins(resource: Resource) -> Resource:
    spec = catalogue()[KEYCLOAK + resource.kind].spec
    properties = without_stand_ins(spec, resource.properties)
    return resource if properties is resource.properties else replace(resource, properties=properties)


def _discovered(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    for key in [*handler.discover(listing)]:
        yield _found(handler, key, listing, builtin=_is_factory(key, listing))


def _users(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    """Yield the people; the users of service accounts belong to their clients."""
    for item in listing.listed("users"):
        if item.get("serviceAccountClientId"):
            continue
        user = _found(handler, handler.key(realm=listing.realm, username=item["username"]), listing)
        # Of a file, only a password that it says in clear is known.
        known = {name: value for name, value in user.properties.items() if name != "password"}
        known |= {"password": MASKED} if _is_in_clear(item.get("credentials")) else {}
        yield replace(user, properties=known)


def _is_in_clear(credentials: Any) -> bool:
    """Return whether an export holds a user's password itself; Keycloak writes a hash of it."""
    return isinstance(credentials, list) and any(
        isinstance(item, dict) and item.get("value") is not None for item in credentials
    )


def temporary_administrators(realm: str, users: Iterable[Mapping[str, Any]]) -> Iterator[Resource]:
    """Yield the administrators that Keycloak was started with, without their other properties.

    Args:
        realm: The realm.
        users: The representations of the administrators.
    """
    for item in users:
        key = User.model_construct(realm=realm, username=item["username"])
        rest = _not_looked_at()
        known = {"enabled": item.get("enabled"), "attributes": {TEMPORARY_MARK: ["true"]}}
        yield _made(key, rest | _key_of(key) | known)


def _not_looked_at() -> dict[str, Any]:
    """Return the properties of a person of a live realm; nobody but Keycloak knows the password."""
    names = User.fields().keys() - {"password"}
    return dict.fromkeys(names, unreadable("of people it is not looked at"))


def merged_people(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Return the resources, with what is known of one person in one place.

    Args:
        resources: The objects of the realm; a person may be among them twice.
    """
    others: list[Resource] = []
    people: dict[str, Resource] = {}
    for resource in resources:
        if resource.kind != "User":
            others.append(resource)
        elif (known := people.get(resource.name)) is None:
            people[resource.name] = resource
        else:
            more = {name: value for name, value in resource.properties.items() if not _is_hidden(value)}
            people[resource.name] = _with(known, **more)
    return (*others, *people.values())


def _is_hidden(value: Any) -> bool:
    return type(value) is type(MASKED)


def administrator(realm: str, username: str, roles: Mapping[str, Any]) -> Resource:
    """Return a person who administers, without other properties.

    Args:
        realm: The realm.
        username: The person's name.
        roles: The properties that give administrative roles.
    """
    key = User.model_construct(realm=realm, username=username)
    rest = _not_looked_at()
    return _made(key, rest | _key_of(key) | dict(roles))


def _clients(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    """Yield the clients, with their further grants, and a flag on the client that Keycloak was started with."""
    attributes = {item["clientId"]: item.get("attributes") for item in listing.clients}
    for resource in _discovered(handler, listing):
        own = attributes.get(resource.get("clientId"))
        more = {"temporaryAdministrator": True} if _is_marked(own) else {}
        yield _with(resource, **more, **{name: _switch(own, key) for name, key in _GRANTS.items()})


def _switch(attributes: Any, key: str) -> Any:
    """Return whether an attribute is on, or a marker if that cannot be read."""
    if attributes is not None and not isinstance(attributes, dict):
        return unreadable("it is no object", damaged=True)
    found = str((attributes or {}).get(key) or "false").lower()
    return (
        found == "true"
        if found in {"true", "false"}
        else unreadable("it is neither true nor false", damaged=True)
    )


def _user_sources(listing: _Listing) -> Iterator[Resource]:
    """Yield the identity providers and user federations, of any type."""
    for item in listing.listed(*PROVIDERS):
        yield _user_source(listing, item["alias"], item["providerId"], item.get("enabled"))
    for item in listing.components(_FEDERATION):
        enabled = (item.get("config") or {}).get("enabled") or [True]
        yield _user_source(listing, item["name"], item["providerId"], enabled[0])


def _user_source(listing: _Listing, name: str, type_: str, enabled: Any) -> Resource:
    on = str(enabled).lower() != "false"  # what is not told, or cannot be read, counts as on
    values = {"realm": listing.realm, "name": name, "type": type_, "enabled": on}
    return Resource("UserSource", f"source of users {name} in realm {listing.realm}", values)


def _service_account_roles(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    """Yield the roles of service accounts, also of clients that the realm only names."""
    usual = listing.recorded.default_role(listing.recorded.name)
    for client in listing.recorded.owners(listing.clients):
        user = listing.session.get(listing.realm, "clients", client["id"], "service-account-user")
        roles = held(listing.session, listing.realm, "users", user["id"]) if user else Roles()
        given = [("", name) for name in roles.realm if name != usual]
        given += [(owner, name) for owner, names in roles.client.items() for name in names]
        for owner, name in given:
            key = handler.key(realm=listing.realm, client=client["clientId"], owner=owner, role=name)
            yield _made(key, _key_of(key))


def _realm_roles(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    """Yield the realm roles, with a flag on the role that everybody has."""
    default = listing.recorded.default_role(listing.recorded.name)
    for resource in _discovered(handler, listing):
        everyone = resource.get("name") == default
        yield _with(replace(resource, builtin=False), everyone=True) if everyone else resource


def _client_roles(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    """Yield the client roles that were read, built-in ones included."""
    for client in listing.recorded.owners(listing.clients):
        for item in listing.listed("clients", client["id"], "roles"):
            key = handler.key(realm=listing.realm, client=client["clientId"], name=item["name"])
            yield _found(handler, key, listing, builtin=listing.is_factory_client(client["clientId"]))


def _groups(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    """Yield the groups, with a flag on default groups, and with member service accounts if known."""
    try:
        joined: Any = {item["path"] for item in listing.listed("default-groups")}
    except NotReadError as error:
        joined = unreadable(error.what)
    members = listing.recorded.members
    why = "members are read only of groups that administer Keycloak"
    for resource in _discovered(handler, listing):
        path = resource.get("path").replace("~/", "/")  # in the form of other answers
        everyone = path in joined if isinstance(joined, set) else joined
        accounts = unreadable(why) if members is None else [*members.get(path, ())]
        yield _with(resource, everyone=everyone, serviceAccounts=accounts)


def _is_marked(attributes: Any) -> bool:
    return isinstance(attributes, dict) and attributes.get(TEMPORARY_MARK) == "true"


def _keys(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    """Yield the keys with a public half, imported ones included."""
    document = listing.session.get(listing.realm, "keys") or {}
    metadata = {item["providerId"]: item for item in document.get("keys") or ()}
    for item in listing.components(PROVIDER_TYPE):
        if item["providerId"] not in _SYMMETRIC:
            key = handler.key(realm=listing.realm, provider=item["providerId"], name=item["name"])
            yield _key(cast("RealmKeyHandler", handler), key, item, metadata.get(item["id"], {}), listing)


def _key(
    handler: RealmKeyHandler,
    key: RealmKey,
    raw: Mapping[str, Any],
    metadata: Mapping[str, Any],
    listing: _Listing,
) -> Resource:
    def reads(sound: Mapping[str, Any]) -> Mapping[str, Any]:
        known = handler.from_json(key, sound)
        return handler.spec.model_construct(**known | {"provider": _ANY_KEY}).wire(whole=True)

    try:
        alike = {**raw, "providerId": _ANY_KEY}  # other types have the same settings
        values = understood(RealmKey, alike, reads, placeholders=listing.recorded.is_a_file)
        hidden = (
            {} if metadata or key.provider in _MADE_BY_KEYCLOAK else {"keySize": unreadable("it is not told")}
        )
        return _made(key, values | hidden | _key_of(key) | key_metadata(metadata))
    except _DEFECTS as error:
        why = _reason(error)
        return _with(_unreadable(key, why), ageDays=unreadable(why))


def _with(resource: Resource, **more: Any) -> Resource:
    return replace(resource, properties={**resource.properties, **more})


def _initial_access_tokens(handler: KeycloakHandler[Any], listing: _Listing) -> Iterator[Resource]:
    """Yield the tokens under their ids; Keycloak gives them no names."""
    for item in listing.listed("clients-initial-access"):
        key = handler.key(realm=listing.realm, name=item["id"])
        values = {"expirationSeconds": item["expiration"], "count": item["count"]}
        yield _made(key, key.wire() | values)


_KINDS: Mapping[str, Callable[[KeycloakHandler[Any], _Listing], Iterable[Resource]]] = {
    "Client": _clients,
    "ClientRole": _client_roles,
    "Group": _groups,
    "InitialAccessToken": _initial_access_tokens,
    "RealmKey": _keys,
    "RealmRole": _realm_roles,
    "ServiceAccountRole": _service_account_roles,
    "User": _users,
}
"""Kinds that are read otherwise than by their handler's `discover`."""


def _found(handler: KeycloakHandler[Any], key: Spec, listing: _Listing, *, builtin: bool = False) -> Resource:
    try:
        values = _read(handler, key, listing)
    except _DEFECTS as error:
        return _unreadable(key, _reason(error), damaged=not isinstance(error, ProvisionError))
    if values is None:
        return _unreadable(key, "it was gone when it was read")
    made = _made(key, _without_secrets(type(key), values))
    return replace(made, builtin=True) if builtin else made


def _read(handler: KeycloakHandler[Any], key: Spec, listing: _Listing) -> dict[str, Any] | None:
    """Return an object's properties, or None if there is no such object."""
    if not isinstance(handler, (CollectionHandler, PolicyDocumentHandler)):
        found = handler.find(key)
        return None if found is None else found.spec.wire(whole=True)
    raw = handler.look_up(key)
    if raw is None:
        return None

    def reads(sound: Mapping[str, Any]) -> Mapping[str, Any]:
        return handler.spec.model_construct(**handler.from_json(key, sound)).wire(whole=True)

    return understood(
        type(key),
        raw,
        reads,
        terse=type(key).__name__ in _TERSE,
        placeholders=listing.recorded.is_a_file,
    )


def _without_secrets(kind: type[Spec], values: dict[str, Any]) -> dict[str, Any]:
    """Mask secrets, and values that Keycloak keeps only for the creation; a public client has no secret."""
    hidden = _hidden(kind)
    if values.get("access") == "public":
        hidden = hidden - {"secret"}
        values.pop("secret", None)
    return values | dict.fromkeys(hidden, MASKED)


@cache
def _hidden(kind: type[Spec]) -> frozenset[str]:
    unseen = {Mark.WRITE_ONLY, Mark.CREATE_ONLY}
    return frozenset(name for name, field in kind.fields().items() if field.secret or unseen & field.marks)


def _unreadable(key: Spec, why: str, *, damaged: bool = False) -> Resource:
    values = dict.fromkeys(type(key).fields(), unreadable(why, damaged=damaged))
    return _made(key, values | _key_of(key))


def _made(key: Spec, values: Mapping[str, Any]) -> Resource:
    return keycloak_resource(type(key).__name__, key.label(), values)


def _key_of(key: Spec) -> dict[str, Any]:
    return {field.wire: getattr(key, field.name) for field in key.key_fields()}


def _reason(error: Exception) -> str:
    """Return the defect without the values, which may be secrets."""
    from pydantic import ValidationError

    from provision._lib.validation import problems

    if isinstance(error, ProvisionError):
        return error.what.rstrip(".")
    if isinstance(error, ValidationError):
        return f"it can't be understood: {'; '.join(str(problem) for problem in problems(error, Spec))}"
    return "it is not as Keycloak writes it"


def _is_factory(key: Any, listing: _Listing) -> bool:
    """Return whether the object is built in and seldom changed; policies count as changed, because they decide who gets in."""
    kind = type(key).__name__
    if kind == "Client":
        return listing.is_factory_client(key.client_id)
    if kind == "ClientScopeAssignment":
        return listing.is_factory_client(key.client)
    if kind == "ClientScope":
        return listing.is_factory_scope(key.name)
    if kind == "RealmRole":
        return listing.is_factory_role(key.name)
    if kind.endswith("Mapper") and "scope" in type(key).fields() and kind not in _JUDGED_EVERYWHERE:
        return listing.is_factory_scope(key.scope) or listing.is_factory_client(key.client)
    return False
