"""The objects in a realm that a stack does not know, and those among them that were added to objects of the stack."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.core.handler import Context
from provision.core.registry import catalogue, kind
from provision.core.spec import ADOPTED_FROM
from provision.keycloak import builtin
from provision.keycloak.handler import KeycloakAccess, KeycloakHandler
from provision.keycloak.realm_listing import RealmListing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provision.core.spec import Spec
    from provision.keycloak.api.session import Session

_READERS = 8
_OF_THE_REALM = frozenset({"RealmClientScopeAssignment", "ClientPolicy", "ClientProfile", "RealmKey"})
"""The kinds whose objects are settings of the realm itself, beside the policies for registration."""
_OF_A_CLIENT = frozenset({"ClientScopeAssignment", "ServiceAccountRole"})
_OF_KEYCLOAK = frozenset((name, registration) for name, registration, _ in builtin.REGISTRATION_POLICIES)


@dataclass(frozen=True)
class Stranger:
    """An object in a realm that the stack does not know.

    Args:
        key: The object's natural key.
        owner: The object of the stack that the stranger belongs to and that the stack made: its scope, its client or its
            realm; empty if there is none.
    """

    key: Spec
    owner: str = ""

    @property
    def label(self) -> str:
        """The object's name for messages."""
        return self.key.label()

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        return {"type": self.key.token, "id": self.key.identity(), "owner": self.owner}


@dataclass(frozen=True)
class Strangers:
    """What a look at a realm found.

    Args:
        added: The objects that somebody added to objects that the stack made.
        others: The other objects, each the outermost: what belongs to one of them is not named.
        without_kind: A phrase for each object that has no kind here.
    """

    added: tuple[Stranger, ...] = ()
    others: tuple[Stranger, ...] = ()
    without_kind: tuple[str, ...] = ()


def find(
    session: Session, realm: str, resources: Iterable[Mapping[str, Any]], *, everything: bool = False
) -> Strangers:
    """Return the objects of a realm that a state does not have.

    Args:
        session: The Admin API.
        realm: The realm.
        resources: The resources of the state, as Pulumi writes them.
        everything: Whether to look for objects that belong to nothing of the stack, too; this takes a request for each
            client.

    Raises:
        KeycloakError: A list can't be read.
    """
    known = dict(_known(resources))
    listing = RealmListing(session, realm)
    context = Context(connection=KeycloakAccess(lambda: session), log=lambda _line: None)
    handlers = [
        handler
        for handler in catalogue().values()
        if issubclass(handler, KeycloakHandler) and (everything or _may_be_added(handler.spec))
    ]
    with ThreadPoolExecutor(_READERS) as readers:
        found = readers.map(lambda handler: list(handler(context).discover(listing)), handlers)
        keys = [key for each in found for key in each if not _is_expected(key, known)]
    keys += [key for key in _memberships(listing) if not _is_expected(key, known)]
    added, others = [], []
    for key in keys:
        owner = _owner(key)
        if owner is None or owner == key:
            others.append(Stranger(key))
        elif known.get((owner.token, owner.identity())):
            added.append(Stranger(key, owner.label()))
        elif (owner.token, owner.identity()) in known:
            others.append(Stranger(key))
    if not everything:
        return Strangers(tuple(added))
    return Strangers(tuple(added), tuple(others), tuple(listing.strangers()))


def remove(session: Session, stranger: Stranger) -> None:
    """Remove an object that the stack does not know; do nothing if it has gone.

    Raises:
        KeycloakError: Keycloak refuses.
    """
    handler = catalogue()[stranger.key.token](
        Context(connection=KeycloakAccess(lambda: session), log=lambda _line: None)
    )
    found = handler.find(stranger.key)
    if found is not None:
        handler.delete(found)


def _may_be_added(kind_of: type[Spec]) -> bool:
    """Return whether objects of a kind are settings of other objects: mappers, assignments and policies."""
    fields = kind_of.model_fields
    is_mapper = "name" in fields and ("identity_provider" in fields or {"scope", "client"} <= fields.keys())
    return is_mapper or "registration" in fields or kind_of.__name__ in _OF_THE_REALM | _OF_A_CLIENT


def _known(resources: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], bool]]:
    """Yield the objects of a state by token and id, each with whether the stack made it."""
    for item in resources:
        handler = kind(item["type"])
        if handler is not None and issubclass(handler, KeycloakHandler) and item.get("id"):
            is_ours = ADOPTED_FROM not in (item.get("outputs") or {})
            yield (handler.spec.token, item["id"]), is_ours


def _memberships(listing: RealmListing) -> Iterator[Spec]:
    """Yield the places of Keycloak's own scopes in the realm's lists that Keycloak does not give them."""
    usual = {scope.name: scope.membership for scope in builtin.OPENID_SCOPES}
    for membership, names in listing.realm_scopes.items():
        for name in sorted(names & usual.keys()):
            if usual[name] != membership:
                yield _key("RealmClientScopeAssignment", realm=listing.realm, scope=name)


def _is_expected(key: Spec, known: Mapping[tuple[str, str], bool]) -> bool:
    is_keycloaks_own = (type(key).__name__, getattr(key, "registration", None)) in _OF_KEYCLOAK
    return is_keycloaks_own or (key.token, key.identity()) in known


def _owner(key: Spec) -> Spec | None:
    """Return the key of the object that another object belongs to, or None if it stands for itself."""
    realm = getattr(key, "realm", "")
    if type(key).__name__ in _OF_THE_REALM or hasattr(key, "registration"):
        return _key("Realm", name=realm)
    if provider := getattr(key, "identity_provider", ""):
        return _key("IdentityProvider", realm=realm, alias=provider)
    if client := getattr(key, "client", ""):
        return _key("Client", realm=realm, client_id=client)
    if scope := getattr(key, "scope", ""):
        return _key("ClientScope", realm=realm, name=scope)
    return None


def _key(kind_name: str, /, **parts: Any) -> Spec:
    made: Spec = catalogue()[f"provision:keycloak:{kind_name}"].spec.model_construct(**parts)
    return made
