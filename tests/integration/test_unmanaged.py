"""What others added to a realm, against the real server: it is named, taken away, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from provision.core.registry import kind
from provision.core.spec import ADOPTED_FROM
from provision.provider import unmanaged
from tests.support.world import World

_SCOPE = ("provision:keycloak:ClientScope", {"name": "ours"})
_CLIENT = (
    "provision:keycloak:Client",
    {"clientId": "ours", "access": "confidential", "serviceAccounts": True},
)
_FURTHER = [
    ("provision:keycloak:RoleScopeMapping", {"client": "ours", "role": "offline_access"}),
    ("provision:keycloak:RoleScopeMapping", {"scope": "ours", "owner": "broker", "role": "read-token"}),
    ("provision:keycloak:MailServer", {"host": "mail.example.org", "fromAddress": "login@example.org"}),
    ("provision:keycloak:LocalizationTexts", {"locale": "de", "texts": {"doLogIn": "Anmelden"}}),
]
"""What is part of the records of the realm, the scope and the client, and an object of its own."""
_ADDITIONS = [
    (
        "provision:keycloak:HardcodedClaimMapper",
        {"scope": "ours", "name": "x", "claimName": "sub", "claimValue": "1"},
    ),
    ("provision:keycloak:AudienceMapper", {"client": "ours", "name": "x", "includedCustomAudience": "y"}),
    (
        "provision:keycloak:GenericProtocolMapper",
        {
            "scope": "ours",
            "name": "x",
            "providerId": "oidc-hardcoded-role-mapper",
            "config": {"role": "realm-management.realm-admin"},
        },
    ),
    (
        "provision:keycloak:ServiceAccountRole",
        {"client": "ours", "owner": "realm-management", "role": "realm-admin"},
    ),
    (
        "provision:keycloak:RoleScopeMapping",
        {"client": "ours", "owner": "realm-management", "role": "realm-admin"},
    ),
    (
        "provision:keycloak:RoleScopeMapping",
        {"scope": "ours", "owner": "realm-management", "role": "realm-admin"},
    ),
    ("provision:keycloak:ClientPolicy", {"name": "x", "anyClient": True}),
    ("provision:keycloak:ClientProfile", {"name": "x"}),
    ("provision:keycloak:RealmKey", {"name": "x", "priority": 500}),
    ("provision:keycloak:RealmClientScopeAssignment", {"scope": "ours"}),
    ("provision:keycloak:ClientDisabledPolicy", {}),
]
_ELSE = [
    ("provision:keycloak:Client", {"clientId": "theirs"}),
    ("provision:keycloak:ClientScope", {"name": "theirs"}),
    ("provision:keycloak:RealmRole", {"name": "theirs"}),
    ("provision:keycloak:Group", {"path": "/theirs"}),
    ("provision:keycloak:ClientRole", {"client": "ours", "name": "theirs"}),
]


class Managed(World):
    """A realm with a scope and a client, and what a stack's state would have of them."""

    def __init__(self, session: Any) -> None:
        self.state: list[dict[str, Any]] = []
        super().__init__(session)
        for token, values in (_SCOPE, _CLIENT, *_FURTHER):
            self.add(token, values)

    def add(self, token: str, values: dict[str, Any]) -> Any:
        inputs, state = super().add(token, values)
        self.state.append({"type": token, "id": state.id, "outputs": dict(state.properties)})
        return inputs, state

    def look(self, **options: bool) -> unmanaged.Look:
        return unmanaged.find(self.session, self.realm, self.state, **options)


@pytest.fixture(scope="module")
def realm(session):
    """A realm in which each test takes away what it made."""
    managed = Managed(session)
    yield managed
    managed.session.delete(managed.realm)


def _added_by_others(realm: Managed, token: str, values: dict[str, Any]) -> str:
    return World.add(realm, token, values)[1].id


def test_a_realm_as_a_stack_makes_it_has_nothing_added(realm):
    assert realm.look() == unmanaged.Look()
    look = realm.look(everything=True)
    assert (look.added, look.others, look.unseen) == ((), (), ())


@pytest.mark.parametrize(("token", "values"), _ADDITIONS, ids=lambda value: str(value).rpartition(":")[2])
def test_what_others_added_to_the_stacks_objects_is_named_and_taken_away(realm, token, values):
    identity = _added_by_others(realm, token, values)
    (found,) = realm.look().added
    assert (found.key.token, found.key.identity()) == (token, identity)
    assert found.owner
    unmanaged.remove(realm.session, realm.realm, found)
    assert realm.look() == unmanaged.Look()
    unmanaged.remove(realm.session, realm.realm, found)  # it has gone already


@pytest.mark.parametrize(("token", "values"), _ELSE, ids=lambda value: str(value).rpartition(":")[2])
def test_what_stands_for_itself_is_named_only_when_everything_is_asked_for(realm, token, values):
    identity = _added_by_others(realm, token, values)
    assert realm.look() == unmanaged.Look()
    (found,) = realm.look(everything=True).others
    assert (found.key.token, found.key.identity()) == (token, identity)
    unmanaged.remove(realm.session, realm.realm, found)


def test_what_is_added_to_an_adopted_object_is_somebody_elses_business(realm, monkeypatch):
    state = [
        {**item, "outputs": {ADOPTED_FROM: {}}} if item["type"].endswith(":ClientScope") else item
        for item in realm.state
    ]
    monkeypatch.setattr(realm, "state", state)
    _added_by_others(realm, *_ADDITIONS[0])
    assert realm.look().added == ()
    (found,) = realm.look(everything=True).others
    unmanaged.remove(realm.session, realm.realm, found)


def test_keys_that_keycloak_makes_when_it_needs_an_algorithm_are_its_own(realm):
    token = "provision:keycloak:Client"
    world = World.add(realm, token, {"clientId": "es", "accessTokenSignatureAlgorithm": "ES256"})
    realm.session.public(realm.realm, "protocol", "openid-connect", "certs")
    names = {item["name"] for item in realm.session.get(realm.realm, "components")}
    assert realm.look() == unmanaged.Look(), names
    realm.lifecycle(token).delete(world[1].properties)


def test_the_lists_of_a_realm_that_the_stack_declares_whole_have_nothing_added(realm, monkeypatch):
    lists = {"type": "provision:keycloak:RealmClientScopes", "id": realm.realm, "outputs": {}}
    monkeypatch.setattr(realm, "state", [*realm.state, lists])
    _, assigned = World.add(realm, "provision:keycloak:RealmClientScopeAssignment", {"scope": "ours"})
    assert realm.look() == unmanaged.Look()
    realm.lifecycle("provision:keycloak:RealmClientScopeAssignment").delete(assigned.properties)


def test_what_can_not_be_listed_is_said_and_hides_nothing_else(realm, monkeypatch):
    from provision.keycloak.api.session import ForbiddenError

    identity = _added_by_others(realm, "provision:keycloak:ClientPolicy", {"name": "x", "anyClient": True})
    handler = kind("provision:keycloak:RealmKey")

    def refuse(*_: object) -> None:
        raise ForbiddenError("the account may not see the keys")

    monkeypatch.setattr(handler, "discover", refuse)
    look = realm.look()
    assert [item.key.identity() for item in look.added] == [identity]
    assert look.unseen == ("realm key: the account may not see the keys",)
    unmanaged.remove(realm.session, realm.realm, look.added[0])
