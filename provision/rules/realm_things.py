"""A realm that was read, as rules look at it: every object whole, in the terms of the specs."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from provision._lib.errors import ProvisionError
from provision.core.handler import Context, Handler
from provision.core.registry import catalogue
from provision.core.spec import Mark, Spec
from provision.keycloak.bases.client_policy_documents import PolicyDocumentHandler
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.representation import untold
from provision.keycloak.handler import KeycloakAccess, KeycloakHandler
from provision.keycloak.objects.realm_key import PROVIDER_TYPE, RealmKey, RealmKeyHandler
from provision.keycloak.objects.user import User
from provision.keycloak.realm_listing import RealmListing
from provision.rules.declared import keycloak_thing
from provision.rules.key_facts import facts
from provision.rules.realm_tree import NotReadError
from provision.rules.thing import MASKED, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.keycloak.api.session import Session
    from provision.rules.realm_tree import RealmTree
    from provision.rules.thing import Thing

_PREFIX = "provision:keycloak:"
_SAID_BY_OTHERS: Final = {"RealmClientScopes"}
"""What it says is said by the objects of another kind, one by one."""
_TOLD_BY_PEOPLE: Final = {"AudienceMapper", "HardcodedClaimMapper"}
"""Mappers of types that no scope or client of Keycloak's own has."""
_IN_PART: Final = {"ClientRole"}
"""Kinds of which some objects may be known although all are not."""
_TERSE: Final = {"IdentityProvider"}
"""Kinds whose representations leave out what is off."""
_SYMMETRIC: Final = {"aes-generated", "hmac-generated"}
"""Types of keys that nobody but Keycloak uses."""
_MADE_BY_KEYCLOAK: Final = get_args(RealmKey.model_fields["provider"].annotation)
"""Types of keys whose settings say of which size they are."""
_ANY_KEY: Final = _MADE_BY_KEYCLOAK[0]
TEMPORARY_MARK: Final = "is_temporary_admin"
"""The attribute of users and clients that Keycloak made when it was started for the first time."""
_DEFECTS: Final = (ProvisionError, ValueError, LookupError, TypeError, AttributeError)
"""What comes of a representation that is not as Keycloak writes it."""


def read(tree: RealmTree) -> tuple[tuple[Thing, ...], Mapping[str, str]]:
    """The objects of the realm, and the kinds that can't be seen with the reason of each.

    An object that can't be understood is among them: all of its values but the key are such as can't be seen.

    Args:
        tree: What was read of the realm.
    """
    inventory = RealmListing(cast("Session", tree), tree.name, factory=True)
    context = Context(connection=KeycloakAccess(lambda: inventory.session), log=lambda _line: None)
    things: list[Thing] = []
    unseen = dict(tree.unread)
    for token, handler in catalogue().items():
        kind = token.removeprefix(_PREFIX)
        if (
            not issubclass(handler, KeycloakHandler)
            or kind == token
            or kind in _SAID_BY_OTHERS
            or (kind in unseen and kind not in _IN_PART)
        ):
            continue
        try:
            things += [*_KINDS.get(kind, _surveyed)(handler(context), inventory)]
        except NotReadError as error:
            unseen[kind] = error.what
    return tuple(things), unseen


def _surveyed(handler: KeycloakHandler[Any], inventory: RealmListing) -> Iterator[Thing]:
    for key in [*handler.discover(inventory)]:
        yield _thing(handler, key, builtin=_is_factory(key, inventory))


def _users(handler: KeycloakHandler[Any], inventory: RealmListing) -> Iterator[Thing]:
    """The people; the users of service accounts belong to their clients."""
    for item in inventory.listed("users"):
        if not item.get("serviceAccountClientId"):
            yield _thing(handler, handler.key(realm=inventory.realm, username=item["username"]))


def temporary_administrators(realm: str, users: Iterable[Mapping[str, Any]]) -> Iterator[Thing]:
    """The people that Keycloak was started with, of whom no more is told than that they are.

    Args:
        realm: The realm.
        users: Their representations.
    """
    for item in users:
        key = User.model_construct(realm=realm, username=item["username"])
        rest = dict.fromkeys(User.fields(), unreadable("of people it is not looked at"))
        known = {"enabled": item.get("enabled"), "attributes": {TEMPORARY_MARK: ["true"]}}
        yield _made(key, rest | _key_of(key) | known)


def _clients(handler: KeycloakHandler[Any], inventory: RealmListing) -> Iterator[Thing]:
    """With the mark of the client that Keycloak was started with."""
    marked = {item["clientId"] for item in inventory.clients if _is_marked(item.get("attributes"))}
    for thing in _surveyed(handler, inventory):
        yield _with(thing, temporaryAdministrator=True) if thing.get("clientId") in marked else thing


def _realm_roles(handler: KeycloakHandler[Any], inventory: RealmListing) -> Iterator[Thing]:
    """With the mark of the role that everybody has."""
    default = cast("RealmTree", inventory.session).default_role()
    for thing in _surveyed(handler, inventory):
        everyone = thing.get("name") == default
        yield _with(replace(thing, builtin=False), everyone=True) if everyone else thing


def _client_roles(handler: KeycloakHandler[Any], inventory: RealmListing) -> Iterator[Thing]:
    """Those that were read, be they Keycloak's own."""
    for client in inventory.clients:
        for item in inventory.listed("clients", client["id"], "roles"):
            key = handler.key(realm=inventory.realm, client=client["clientId"], name=item["name"])
            yield _thing(handler, key, builtin=inventory.is_factory_client(client["clientId"]))


def _groups(handler: KeycloakHandler[Any], inventory: RealmListing) -> Iterator[Thing]:
    """With the mark of those that everybody joins, and the service accounts that are members, where they were read."""
    try:
        joined: Any = {item["path"] for item in inventory.listed("default-groups")}
    except NotReadError as error:
        joined = unreadable(error.what)
    members = cast("RealmTree", inventory.session).members
    why = "members are read only of groups that administer Keycloak"
    for thing in _surveyed(handler, inventory):
        path = thing.get("path").replace("~/", "/")  # as Keycloak tells it, where only the path is told
        everyone = path in joined if isinstance(joined, set) else joined
        accounts = unreadable(why) if members is None else [*members.get(path, ())]
        yield _with(thing, everyone=everyone, serviceAccounts=accounts)


def _is_marked(attributes: Any) -> bool:
    return isinstance(attributes, dict) and attributes.get(TEMPORARY_MARK) == "true"


def _keys(handler: KeycloakHandler[Any], inventory: RealmListing) -> Iterator[Thing]:
    """All that have a public half, those that were brought along too."""
    document = inventory.session.get(inventory.realm, "keys") or {}
    told = {item["providerId"]: item for item in document.get("keys") or ()}
    for item in inventory.components(PROVIDER_TYPE):
        if item["providerId"] not in _SYMMETRIC:
            key = handler.key(realm=inventory.realm, provider=item["providerId"], name=item["name"])
            yield _key(cast("RealmKeyHandler", handler), key, item, told.get(item["id"], {}))


def _key(handler: RealmKeyHandler, key: RealmKey, raw: Mapping[str, Any], told: Mapping[str, Any]) -> Thing:
    try:
        known = handler.from_json(key, {**raw, "providerId": _ANY_KEY})  # others have the same settings
        spec = handler.spec.model_construct(**known | {"provider": _ANY_KEY})
        hidden = (
            {} if told or key.provider in _MADE_BY_KEYCLOAK else {"keySize": unreadable("it is not told")}
        )
        return _made(key, spec.wire(whole=True) | hidden | _key_of(key) | facts(told))
    except _DEFECTS as error:
        why = _reason(error)
        return _with(_unreadable(key, why), ageDays=unreadable(why))


def _with(thing: Thing, **more: Any) -> Thing:
    return replace(thing, properties={**thing.properties, **more})


def _initial_access_tokens(handler: KeycloakHandler[Any], inventory: RealmListing) -> Iterator[Thing]:
    """Keycloak gives them no names."""
    for item in inventory.listed("clients-initial-access"):
        key = handler.key(realm=inventory.realm, name=item["id"])
        values = {"expirationSeconds": item["expiration"], "count": item["count"]}
        yield _made(key, key.wire() | values)


_KINDS: Mapping[str, Callable[[KeycloakHandler[Any], RealmListing], Iterable[Thing]]] = {
    "Client": _clients,
    "ClientRole": _client_roles,
    "Group": _groups,
    "InitialAccessToken": _initial_access_tokens,
    "RealmKey": _keys,
    "RealmRole": _realm_roles,
    "User": _users,
}
"""The kinds whose objects are told in another way than by their survey."""


def _thing(handler: Handler[Any], key: Spec, *, builtin: bool = False) -> Thing:
    try:
        found = handler.find(key)
        if found is None:
            return _unreadable(key, "it was gone when it was read")
        values = _without_secrets(found.spec, found.spec.wire(whole=True))
        if (
            isinstance(handler, (CollectionHandler, PolicyDocumentHandler))
            and type(key).__name__ not in _TERSE
        ):
            values |= dict.fromkeys(untold(type(key), found.raw), unreadable("it is not told"))
    except _DEFECTS as error:
        return _unreadable(key, _reason(error))
    return replace(_made(key, values), builtin=builtin)


def _without_secrets(spec: Spec, values: dict[str, Any]) -> dict[str, Any]:
    """A public client has no secret; what else is secret, or matters only while it is made, can't be seen."""
    hidden = _hidden(type(spec))
    if values.get("access") == "public":
        hidden = hidden - {"secret"}
        values.pop("secret", None)
    return values | dict.fromkeys(hidden, MASKED)


@cache
def _hidden(kind: type[Spec]) -> frozenset[str]:
    unseen = {Mark.WRITE_ONLY, Mark.CREATE_ONLY}
    return frozenset(name for name, field in kind.fields().items() if field.secret or unseen & field.marks)


def _unreadable(key: Spec, why: str) -> Thing:
    values = dict.fromkeys(type(key).fields(), unreadable(why))
    return _made(key, values | _key_of(key))


def _made(key: Spec, values: Mapping[str, Any]) -> Thing:
    return keycloak_thing(type(key).__name__, key.label(), values)


def _key_of(key: Spec) -> dict[str, Any]:
    return {field.wire: getattr(key, field.name) for field in key.key_fields()}


def _reason(error: Exception) -> str:
    """What is wrong, without the values, which may be secrets."""
    from pydantic import ValidationError

    from provision._lib.validation import problems

    if isinstance(error, ProvisionError):
        return error.what.rstrip(".")
    if isinstance(error, ValidationError):
        return f"it can't be understood: {'; '.join(str(problem) for problem in problems(error, Spec))}"
    return f"it is not as Keycloak writes it ({type(error).__name__})"


def _is_factory(key: Any, inventory: RealmListing) -> bool:
    """Whether Keycloak makes the object itself and people seldom change it; a policy decides who gets in, so it counts."""
    kind = type(key).__name__
    if kind == "Client":
        return inventory.is_factory_client(key.client_id)
    if kind == "ClientScopeAssignment":
        return inventory.is_factory_client(key.client)
    if kind == "ClientScope":
        return inventory.is_factory_scope(key.name)
    if kind == "RealmRole":
        return inventory.is_factory_role(key.name)
    if kind.endswith("Mapper") and "scope" in type(key).fields() and kind not in _TOLD_BY_PEOPLE:
        return inventory.is_factory_scope(key.scope) or inventory.is_factory_client(key.client)
    return False
