"""The objects in a realm that a stack does not manage, and those among them that were added to objects of the stack."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from provision._lib.display_names import in_words
from provision._lib.errors import ProvisionError
from provision.core.registry import catalogue
from provision.keycloak import builtin, realm_document, realm_repair
from provision.keycloak.api.session import ForbiddenError
from provision.keycloak.realm_document import REALM
from provision.keycloak.realm_listing import RealmListing
from provision.provider.discovery import keycloak_kinds, silent_context
from provision.provider.made_realm import (
    compare,
    held,
    in_record_of_the_realm,
    places_of_record,
    realms_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.core.handler import Context
    from provision.core.record import Path
    from provision.core.spec import Spec
    from provision.keycloak.api.session import Session
    from provision.keycloak.handler import KeycloakHandler
    from provision.keycloak.realm_differences import Difference
    from provision.provider.made_realm import Held

_READERS = 8
_NAMES = {
    realm_document.COMPONENTS: "component",
    realm_document.FLOWS: "authentication flow",
    realm_document.IDENTITY_PROVIDERS: "identity provider",
    realm_document.MAPPERS: "mapper",
}
"""The words for objects that have no kind here."""
_OF_THE_REALM = frozenset(
    {"RealmClientScopeAssignment", "ClientPolicy", "ClientProfile", "RealmKey", "IdentityProvider"}
    | {"AuthenticationFlow", "LdapUserFederation"}
)
"""The kinds whose objects are settings of the realm itself, beside the policies for registration."""
_OF_A_CLIENT = frozenset({"ServiceAccountRole", "RoleScopeMapping"})
"""The kinds whose objects are settings of a client or a client scope, beside mappers.

The scopes of a client are not among them: which of them Keycloak gave it depends on the realm's lists at the time when the
client was made.
"""
_FALLBACK_KEY = "fallback-"
"""The beginning of the names of keys that Keycloak makes when it needs an algorithm for which there is no key."""
_OF_KEYCLOAK = frozenset((name, registration) for name, registration, _ in builtin.REGISTRATION_POLICIES)


@dataclass(frozen=True)
class Unmanaged:
    """An object in a realm that the stack does not manage.

    Args:
        key: The object's natural key, or its place in the realm's document if it has no kind here.
        owner: The object that it was added to and that the stack made: a scope, a client, an identity provider or the
            realm; empty if there is none.
        name: The name that people read, of a client whose id is a random one; empty if there is none.
    """

    key: Spec | Path
    owner: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """The object's name for messages."""
        if isinstance(self.key, tuple):
            return f"{_NAMES.get(self.key[-2], self.key[-2])} {self.key[-1]}"
        return f"{self.key.label()} ({self.name})" if self.name else self.key.label()

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        if isinstance(self.key, tuple):
            return {"type": self.key[-2], "id": "/".join(self.key), "owner": self.owner}
        shown = {"type": self.key.token, "id": self.key.identity(), "owner": self.owner}
        return shown | {"name": self.name} if self.name else shown


@dataclass(frozen=True)
class Changed:
    """An object of the stack in which somebody changed what has no field.

    Args:
        urn: The URN of the object: a client, a scope, or the realm, which is responsible for what Keycloak made in it.
        label: The object's name for messages.
        differences: What differs, each with its place in the realm's document.
    """

    urn: str
    label: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Look:
    """What a look at a realm found.

    Args:
        added: The objects that somebody added to objects that the stack made.
        changed: The objects that the stack made and in which somebody changed what has no field.
        others: The other objects, each the outermost: what belongs to one of them is not named.
        without_kind: A phrase for each object that has no kind here.
        unseen: A phrase for each kind of object that could not be listed.
        failed: Whether one of those could not be listed although the service account may: Keycloak did not answer as it should.
    """

    added: tuple[Unmanaged, ...] = ()
    changed: tuple[Changed, ...] = ()
    others: tuple[Unmanaged, ...] = ()
    without_kind: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    failed: bool = False

    def __add__(self, other: Look) -> Look:
        """Return what the looks at two realms found together."""
        return Look(
            self.added + other.added,
            self.changed + other.changed,
            self.others + other.others,
            self.without_kind + other.without_kind,
            self.unseen + other.unseen,
            self.failed or other.failed,
        )


class _Unseen:
    """What a look could not see."""

    def __init__(self) -> None:
        self.phrases: list[str] = []
        self.failed = False

    def add(self, what: str, error: ProvisionError) -> None:
        """Note an error; a service account that may not see something is no failure of the look."""
        self.phrases.append(f"{what}: {error.what}")
        self.failed |= not isinstance(error, ForbiddenError)


def looks(
    session: Session, first: str, resources: Iterable[Mapping[str, Any]], *, everything: bool = False
) -> Iterator[tuple[str, Look]]:
    """Yield the name of each realm of a state, with what a look at it found.

    Args:
        session: The Admin API.
        first: The realm of the stack's outputs.
        resources: The resources of the state, as Pulumi writes them.
        everything: As in :func:`find`.
    """
    resources = tuple(resources)
    for realm in realms_of(resources, first):
        yield realm, find(session, realm, resources, everything=everything)


def find(
    session: Session, realm: str, resources: Iterable[Mapping[str, Any]], *, everything: bool = False
) -> Look:
    """Return the objects of a realm that a state does not have.

    Args:
        session: The Admin API.
        realm: The realm.
        resources: The resources of the state, as Pulumi writes them.
        everything: Whether to look for objects that belong to nothing of the stack, too; this takes a request for each
            client.
    """
    objects = [item for item in held(resources) if _is_in(item.key, realm)]
    known = {(item.key.token, item.key.identity()): not item.is_adopted for item in objects}
    listing = RealmListing(session, realm)
    unseen = _Unseen()
    keys = _all_keys(session, listing, unseen, everything=everything)
    added: list[Unmanaged] = []
    others: list[Unmanaged] = []
    for key in keys:
        if _is_expected(key, known):
            continue
        owner = _owner(key)
        if owner is None:
            others.append(Unmanaged(key, name=_readable_name(key, listing)))
        elif _may_be_added(type(key)) and known.get((owner.token, owner.identity())):
            added.append(Unmanaged(key, owner.label()))
        elif (owner.token, owner.identity()) in known and not in_record_of_the_realm(owner, objects):
            others.append(Unmanaged(key))
    seen = [item.key for item in (*added, *others) if not isinstance(item.key, tuple)]
    try:
        found, untold = compare(session, listing, objects, seen)
        unseen.phrases += untold
    except ProvisionError as error:
        found = []
        unseen.add("what has no field", error)
    owners = _Owners(realm, objects)
    added += [Unmanaged(item.path, owners.of(item.path)[1]) for item in found if item.is_member]
    changed = owners.grouped(item for item in found if not item.is_member)
    if not everything:
        return Look(tuple(added), changed, unseen=tuple(dict.fromkeys(unseen.phrases)), failed=unseen.failed)
    try:
        users = sum(kind_of == "provision:keycloak:User" for kind_of, _ in known)
        without_kind = tuple(listing.strangers(own_users=users))
    except ProvisionError as error:
        without_kind = ()
        unseen.add("objects without a kind here", error)
    phrases = tuple(dict.fromkeys(unseen.phrases))
    return Look(tuple(added), changed, tuple(others), without_kind, phrases, unseen.failed)


def strange_to(resources: Iterable[Mapping[str, Any]]) -> Callable[[Spec], bool]:
    """Return a function that tells whether the object with a key is neither a stack's nor Keycloak's own.

    Args:
        resources: The resources of the stack's state, as Pulumi writes them.
    """
    known = {(item.key.token, item.key.identity()): not item.is_adopted for item in held(resources)}

    def is_strange(key: Spec) -> bool:
        if type(key).__name__ != "ClientScopeAssignment":
            return not _is_expected(key, known)
        # Which scopes a known client has beside the realm's own says nothing about who gave it these.
        client = _key("Client", realm=getattr(key, "realm", ""), client_id=getattr(key, "client", ""))
        return (client.token, client.identity()) not in known

    return is_strange


def remove(session: Session, realm: str, item: Unmanaged) -> None:
    """Remove an object that the stack does not manage; do nothing if it has gone.

    Args:
        session: The Admin API.
        realm: The realm.
        item: The object.

    Raises:
        KeycloakError: Keycloak refuses.
    """
    if isinstance(item.key, tuple):
        realm_repair.remove(session, realm, item.key)
        return
    handler = catalogue()[item.key.token](silent_context(session))
    found = handler.find(item.key)
    if found is not None:
        handler.delete(found)


def _all_keys(session: Session, listing: RealmListing, unseen: _Unseen, *, everything: bool) -> list[Spec]:
    """Return the keys of the objects in a realm: of all kinds, or of the kinds that are settings of other objects."""
    handlers = [each for each in keycloak_kinds() if everything or _may_be_added(each.spec)]
    with ThreadPoolExecutor(_READERS) as readers:
        listed = list(readers.map(partial(_listed, silent_context(session), listing), handlers))
    keys: list[Spec] = []
    for handler, answer in zip(handlers, listed, strict=True):
        if isinstance(answer, ProvisionError):
            unseen.add(in_words(handler.spec.__name__), answer)
        else:
            keys += answer
    try:
        keys += _memberships(listing)
    except ProvisionError as error:
        unseen.add("default client scopes", error)
    return keys


def _listed(
    context: Context, listing: RealmListing, handler: type[KeycloakHandler[Any]]
) -> list[Spec] | ProvisionError:
    """Return the keys of all objects of a kind, or the error that keeps them from being listed."""
    try:
        return list(handler(context).discover(listing))
    except ProvisionError as error:
        return error


def _is_in(key: Spec, realm: str) -> bool:
    """Return whether an object is a realm or an object in it."""
    return realm == (getattr(key, "name", "") if type(key).__name__ == "Realm" else getattr(key, "realm", ""))


def _may_be_added(kind_of: type[Spec]) -> bool:
    """Return whether objects of a kind are settings of other objects: mappers, roles in a scope, policies, keys."""
    fields = kind_of.model_fields
    owned = bool({"identity_provider", "federation"} & fields.keys()) or {"scope", "client"} <= fields.keys()
    is_mapper = "name" in fields and owned
    return is_mapper or "registration" in fields or kind_of.__name__ in _OF_THE_REALM | _OF_A_CLIENT


class _Owners:
    """The objects of a stack that are responsible for parts of a realm's document.

    Args:
        realm: The realm's name.
        objects: The objects of the state.
    """

    def __init__(self, realm: str, objects: Iterable[Held]) -> None:
        recorded = [item for item in objects if item.record is not None]
        self._found = {places_of_record(item.key): (item.urn, item.key.label()) for item in recorded}
        self._realm = self._found.get((REALM,), ("", f"realm {realm}"))

    def of(self, path: Path) -> tuple[str, str]:
        """Return URN and label of the object that a place belongs to: a client or scope of ours, or else the realm."""
        return self._found.get(path[:2], self._realm)

    def grouped(self, found: Iterable[Difference]) -> tuple[Changed, ...]:
        """Return the differences by the object that they belong to."""
        groups: dict[tuple[str, str], list[Difference]] = {}
        for item in found:
            groups.setdefault(self.of(item.path), []).append(item)
        return tuple(Changed(urn, label, tuple(items)) for (urn, label), items in groups.items())


def _memberships(listing: RealmListing) -> Iterator[Spec]:
    """Yield the places of Keycloak's own scopes in the realm's lists that Keycloak does not give them."""
    usual = {scope.name: scope.membership for scope in builtin.OPENID_SCOPES}
    for membership, names in listing.realm_scopes.items():
        for name in sorted(names & usual.keys()):
            if usual[name] != membership:
                yield _key("RealmClientScopeAssignment", realm=listing.realm, scope=name)


def _is_expected(key: Spec, known: Mapping[tuple[str, str], bool]) -> bool:
    """Return whether the stack manages an object, or Keycloak makes it itself."""
    realm = getattr(key, "realm", "")
    match type(key).__name__:
        case "RealmKey":
            if str(getattr(key, "name", "")).startswith(_FALLBACK_KEY):
                return True
        case "RealmClientScopeAssignment":
            lists = _key("RealmClientScopes", realm=realm)
            if (lists.token, lists.identity()) in known:
                return True
        case "ClientScopeAssignment" | "AuthenticationBindings":
            return True  # the record of the realm names other bindings
        case "AuthenticationFlow" if getattr(key, "alias", "") in builtin.FLOWS:
            return True
        case name if (name, getattr(key, "registration", None)) in _OF_KEYCLOAK:
            return True
    return (key.token, key.identity()) in known


def _readable_name(key: Spec, listing: RealmListing) -> str:
    """Return the name of a client, as its consent page shows it; empty for another object or a client without one."""
    if type(key).__name__ != "Client":
        return ""
    return str((listing.clients_by_id.get(getattr(key, "client_id", "")) or {}).get("name") or "")


def _owner(key: Spec) -> Spec | None:
    """Return the key of the object that another object belongs to, or None if it stands for itself."""
    realm = getattr(key, "realm", "")
    if type(key).__name__ in _OF_THE_REALM or hasattr(key, "registration"):
        return _key("Realm", name=realm)
    if provider := getattr(key, "identity_provider", ""):
        return _key("IdentityProvider", realm=realm, alias=provider)
    if federation := getattr(key, "federation", ""):
        return _key("LdapUserFederation", realm=realm, name=federation)
    if client := getattr(key, "client", ""):
        return _key("Client", realm=realm, client_id=client)
    if scope := getattr(key, "scope", ""):
        return _key("ClientScope", realm=realm, name=scope)
    return None


def _key(kind_name: str, /, **parts: Any) -> Spec:
    made: Spec = catalogue()[f"provision:keycloak:{kind_name}"].spec.model_construct(**parts)
    return made
