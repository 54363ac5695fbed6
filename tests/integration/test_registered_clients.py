"""Clients that registered themselves in a real Keycloak: which they are, what is known of them, and their end."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from provision._lib.errors import ProvisionError
from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection
from provision.keycloak.registrations.pruning import PruneError, find, remove
from provision.keycloak.registrations.registered_client import Rule, Verdict
from tests.conftest import ADMIN
from tests.support.fault_proxy import FaultProxy
from tests.support.world import World

_BODY = {
    "client_name": "Some client",
    "redirect_uris": ["http://localhost/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
}
_RULE = Rule(older_than=timedelta(days=30), unused_for=timedelta(days=30))
_KEPT = ("CLIENT_REGISTER", "CODE_TO_TOKEN", "REFRESH_TOKEN")


class Registry:
    """A realm of one test in which clients register themselves."""

    def __init__(self, session):
        self.session = session
        self.realm = World(session).realm
        access = {"count": 1000, "expiration": 600}
        token = session.post_for(self.realm, "clients-initial-access", body=access)["token"]
        self._http = httpx.Client(headers={"Authorization": f"Bearer {token}"})

    def keep_events(self, *types, admin=True):
        body = {"eventsEnabled": True, "adminEventsEnabled": admin, "enabledEventTypes": list(types)}
        self.session.put(self.realm, body=body)

    def register(self, kind="openid-connect", **body):
        url = f"{self.session.url}/realms/{self.realm}/clients-registrations/{kind}"
        answer = self._http.post(url, json=body or _BODY)
        assert answer.status_code == 201, answer.text
        document = answer.json()
        return document["client_id"] if kind == "openid-connect" else document["clientId"]

    def register_and_log_in(self):
        """A client that asks for a password itself, and a way to log in with it; its client id."""
        flows = {"directAccessGrantsEnabled": True, "standardFlowEnabled": False, "publicClient": True}
        client_id = self.register("default", redirectUris=["http://localhost/callback"], **flows)
        password = secrets.token_urlsafe(16)
        user = {
            "username": "ann",
            "enabled": True,
            "email": "ann@example.org",
            "firstName": "A",
            "lastName": "B",
        }
        credentials = [{"type": "password", "value": password}]
        self.session.post(self.realm, "users", body=user | {"credentials": credentials})
        form = {"grant_type": "password", "client_id": client_id, "username": "ann", "password": password}

        def log_in():
            url = f"{self.session.url}/realms/{self.realm}/protocol/openid-connect/token"
            answer = httpx.post(url, data=form)
            assert answer.status_code == 200, answer.text

        return client_id, log_in

    def find(self, *declared, session=None):
        return find(session or self.session, self.realm, declared, datetime.now(tz=UTC))

    def verdicts(self, later):
        """What would be done with each at a later time, were nothing to happen until then."""
        now = datetime.now(tz=UTC) + later
        found = find(self.session, self.realm, (), now)
        return {item.client_id: _RULE.verdict(item, now) for item in found.clients}

    def client_ids(self):
        return {item["clientId"] for item in self.session.list(self.realm, "clients")}


@pytest.fixture
def registry(session):
    registry = Registry(session)
    yield registry
    session.delete(registry.realm)


def names(found):
    return {item.client_id for item in found.clients}


def test_of_all_clients_only_those_that_registered_themselves_are_found(registry):
    registry.keep_events()
    mine = registry.register()
    chosen = registry.register("default", clientId="own-name", redirectUris=["http://localhost/callback"])
    registry.session.post(registry.realm, "clients", body={"clientId": "made-by-hand"})
    registry.session.post(registry.realm, "clients", body={"name": "by hand, without a client id"})
    declared = registry.register()
    assert names(registry.find(declared)) == {mine, chosen}


def test_without_events_a_client_is_known_by_its_id_and_nothing_proves_its_age(registry):
    mine = registry.register()
    registry.session.post(registry.realm, "clients", body={"clientId": "made-by-hand"})
    found = registry.find()
    (client,) = found.clients
    assert client.client_id == mine
    assert (client.registered, client.registered_before, client.last_used, client.used_before) == (None,) * 4
    assert "does not keep this realm's events" in found.notes[0]
    assert registry.verdicts(timedelta(days=400)) == {mine: Verdict.UNKNOWN}


def test_a_confidential_client_is_as_old_as_its_secret(registry):
    registry.register(**_BODY | {"token_endpoint_auth_method": "client_secret_basic"})
    (client,) = registry.find().clients
    assert abs(client.registered_before - datetime.now(tz=UTC)) < timedelta(seconds=30)


def test_with_events_a_client_that_never_logged_anybody_in_is_known_to_be_unused(registry):
    registry.keep_events()
    mine = registry.register()
    (client,) = registry.find().clients
    assert abs(client.registered - datetime.now(tz=UTC)) < timedelta(seconds=30)
    assert client.never_used
    assert registry.verdicts(timedelta(days=29)) == {mine: Verdict.YOUNG}
    assert registry.verdicts(timedelta(days=31)) == {mine: Verdict.GOES}


@pytest.mark.parametrize(
    ("kept", "months", "verdict"),
    [
        (_KEPT, 1, Verdict.GOES),
        ((), 1, Verdict.UNKNOWN),
        ((), 3, Verdict.GOES),
        (_KEPT[::2], 9, Verdict.UNKNOWN),
    ],
    ids=["refreshes-too", "default-soon", "default-later", "without-logins"],
)
def test_a_client_older_than_the_events_is_unused_since_them_if_its_uses_would_be_kept(
    registry, kept, months, verdict
):
    old = registry.register()
    registry.keep_events(*kept)
    young = registry.register()  # the oldest event
    (first, second) = sorted(registry.find().clients, key=lambda item: item.client_id != old)
    assert (first.client_id, first.registered, second.client_id) == (old, None, young)
    assert first.registered_before == second.registered
    assert registry.verdicts(timedelta(days=31 * months))[old] is verdict


def test_events_that_are_switched_off_again_prove_no_last_use(registry):
    registry.keep_events()
    mine = registry.register()
    registry.session.put(registry.realm, body={"eventsEnabled": False})
    assert registry.find().clients[0].registered is not None
    assert registry.verdicts(timedelta(days=400)) == {mine: Verdict.UNKNOWN}


def test_the_last_login_is_the_last_use_once_it_is_over(registry):
    registry.keep_events(*_KEPT, "LOGIN")
    mine, log_in = registry.register_and_log_in()
    log_in()
    (client,) = registry.find().clients
    assert (client.sessions, client.client_id) == (1, mine)
    assert registry.verdicts(timedelta(days=400)) == {mine: Verdict.IN_USE}
    registry.session.post(registry.realm, "logout-all", body=None)
    (client,) = registry.find().clients
    assert client.sessions == 0
    assert client.registered < client.last_used == client.used_before
    assert registry.verdicts(timedelta(days=29)) == {mine: Verdict.YOUNG}
    assert registry.verdicts(timedelta(days=31)) == {mine: Verdict.GOES}


def test_a_client_that_is_used_between_the_list_and_its_removal_stays(registry):
    mine, log_in = registry.register_and_log_in()
    other = registry.register()
    found = registry.find()
    log_in()
    removed = remove(registry.session, registry.realm, found.clients)
    assert [item.client_id for item in removed] == [other]
    assert mine in registry.client_ids()


def test_a_consent_is_a_trace_of_the_client_but_not_its_last_use(registry, session):
    mine = registry.register()
    user = {"username": "ann", "clientConsents": [{"clientId": mine, "grantedClientScopes": ["profile"]}]}
    body = {"ifResourceExists": "FAIL", "users": [user]}
    session.post(registry.realm, "partialImport", body=body)
    (client,) = registry.find().clients
    assert client.registered is None
    assert client.registered_before <= client.last_used
    assert client.used_before is None
    assert registry.verdicts(timedelta(days=400)) == {mine: Verdict.UNKNOWN}
    assert registry.verdicts(timedelta(days=1)) == {mine: Verdict.USED}


def test_a_service_account_that_may_only_manage_clients_sees_them_and_is_told_what_it_lacks(
    registry, session
):
    realm, secret = registry.realm, secrets.token_urlsafe(24)
    mine = registry.register()
    body = {"clientId": "provision", "secret": secret, "serviceAccountsEnabled": True}
    account = session.get(realm, "clients", session.post(realm, "clients", body=body), "service-account-user")
    (management,) = session.get(realm, "clients", clientId="realm-management")
    role = session.get(realm, "clients", management["id"], "roles", "manage-clients")
    session.post(realm, "users", account["id"], "role-mappings", "clients", management["id"], body=[role])

    found = registry.find(
        session=Session(
            Connection(url=session.url, client_id="provision", client_secret=secret, auth_realm=realm)
        )
    )
    assert names(found) == {mine}
    assert [note.rpartition(" ")[2] for note in found.notes] == ["view-events.", "view-realm.", "view-users."]


def test_a_realm_with_many_clients_is_listed_and_emptied(registry):
    registry.keep_events()
    mine = {registry.register() for _ in range(230)}
    before = registry.client_ids() - mine
    found = registry.find()
    assert names(found) == mine
    assert len(remove(registry.session, registry.realm, found.clients)) == len(mine)
    assert registry.client_ids() == before


def test_a_client_that_is_gone_already_is_no_error(registry):
    one, two = registry.register(), registry.register()
    found = registry.find()
    registry.session.delete(registry.realm, "clients", one)
    assert {item.client_id for item in remove(registry.session, registry.realm, found.clients)} == {one, two}
    assert not registry.client_ids() & {one, two}


def test_a_lost_connection_tells_what_was_removed_until_then(registry, admin_secret):
    for _ in range(3):
        registry.register()
    (first, *others) = registry.find().clients
    with FaultProxy(
        registry.session.url, only=f"/admin/realms/{registry.realm}/clients/{others[0].id}"
    ) as proxy:
        for number in range(2, 100):  # the first call looks whether it is in use
            proxy.fault(number, "drop_request")
        through = Session(
            Connection(url=proxy.url, client_id=ADMIN, client_secret=admin_secret), sleep=lambda _: None
        )
        with pytest.raises(PruneError) as caught:
            remove(through, registry.realm, (first, *others))
    assert caught.value.what.startswith(f"Removed 1 of 3 clients ({first.client_id}), then: Keycloak at ")
    assert registry.client_ids() >= {item.client_id for item in others}


def test_a_keycloak_that_is_not_there_is_named(registry, admin_secret):
    nowhere = Session(
        Connection(url="http://127.0.0.1:9", client_id=ADMIN, client_secret=admin_secret),
        sleep=lambda _: None,
    )
    with pytest.raises(ProvisionError, match="does not answer") as caught:
        registry.find(session=nowhere)
    assert "http://127.0.0.1:9" in caught.value.what
    assert "provision up" in caught.value.do
