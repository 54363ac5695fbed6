"""The session against a real Keycloak, over a network that loses, cuts, delays and doubles calls."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from provision._lib.errors import AlreadyExistsError
from provision.keycloak.api.session import KeycloakError, OutcomeUnknownError, Session
from provision.keycloak.connection import Connection
from tests.conftest import ADMIN
from tests.support.fault_proxy import FaultProxy

_LOST = ["drop_request", "drop_answer", "truncate_answer", "status_503"]
_HARMLESS = ["delay", "duplicate"]


@pytest.fixture(scope="module")
def realm(session):
    name = f"s-{secrets.token_hex(4)}"
    session.post("", body={"realm": name, "enabled": True})
    yield name
    session.delete(name)


@pytest.fixture
def proxy(live_keycloak):
    with FaultProxy(live_keycloak.url, only="/admin/") as proxy:
        yield proxy


@pytest.fixture
def through(proxy, admin_secret):
    session = Session(Connection(url=proxy.url, client_id=ADMIN, client_secret=admin_secret))
    session.get("master", "roles", "admin")
    return session


class Role:
    """A role that the test has to itself."""

    def __init__(self, session, realm):
        self.session = session
        self.name = f"r-{secrets.token_hex(4)}"
        self.path = (realm, "roles", self.name)
        session.post(realm, "roles", body={"name": self.name, "description": "before"})

    @property
    def changed(self):
        return {"name": self.name, "description": "after"}

    @property
    def stored(self):
        return self.session.get(*self.path)


@pytest.fixture
def role(session, realm):
    return Role(session, realm)


@pytest.mark.parametrize("fault", _LOST)
def test_a_read_is_tried_again(proxy, through, role, fault):
    proxy.next(fault)
    assert through.get(*role.path)["name"] == role.name
    assert len(proxy.calls) == 3


@pytest.mark.parametrize("fault", _HARMLESS)
def test_a_read_needs_no_second_try(proxy, through, role, fault):
    proxy.next(fault)
    assert through.get(*role.path)["name"] == role.name
    assert len(proxy.calls) == 2


@pytest.mark.parametrize("fault", [*_LOST, *_HARMLESS])
def test_a_change_is_made_whatever_happens_on_the_way(proxy, through, role, fault):
    proxy.next(fault)
    through.put(*role.path, body=role.changed)
    assert role.stored["description"] == "after"
    assert len(proxy.calls) == (3 if fault in _LOST else 2)


@pytest.mark.parametrize("fault", [*_LOST, *_HARMLESS])
def test_a_removal_is_made_whatever_happens_on_the_way(proxy, through, role, fault):
    proxy.next(fault)
    through.delete(*role.path)
    assert role.stored is None
    assert len(proxy.calls) == (3 if fault in _LOST else 2)


@pytest.mark.parametrize("fault", _LOST)
def test_a_creation_is_never_sent_twice(proxy, through, session, realm, fault):
    name = f"r-{secrets.token_hex(4)}"
    proxy.next(fault)
    with pytest.raises(OutcomeUnknownError, match=f"POST /admin/realms/{realm}/roles, of '{name}'"):
        through.post(realm, "roles", body={"name": name})
    assert len(proxy.calls) == 2
    made = session.get(realm, "roles", name) is not None
    assert made == (fault in {"drop_answer", "truncate_answer"})


def test_a_creation_whose_answer_comes_late_is_made_once(proxy, through, session, realm):
    name = f"c-{secrets.token_hex(4)}"
    proxy.next("delay")
    made = through.post(realm, "clients", body={"clientId": name})
    assert [client["id"] for client in session.get(realm, "clients", clientId=name)] == [made]
    assert len(proxy.calls) == 2


def test_a_creation_that_the_network_doubles_is_told_as_already_there(proxy, through, session, realm):
    name = f"c-{secrets.token_hex(4)}"
    proxy.next("duplicate")
    with pytest.raises(AlreadyExistsError, match=name):
        through.post(realm, "clients", body={"clientId": name})
    assert len(session.get(realm, "clients", clientId=name)) == 1


def test_a_creation_waits_for_a_server_that_comes_up_later(live_keycloak, admin_secret, session, realm):
    name = f"r-{secrets.token_hex(4)}"
    late = FaultProxy(live_keycloak.url, listening=False)
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            late.__enter__()

    Session(Connection(url=late.url, client_id=ADMIN, client_secret=admin_secret), sleep=pause).post(
        realm, "roles", body={"name": name}
    )
    late.__exit__(None, None, None)
    assert session.get(realm, "roles", name) is not None
    assert len(pauses) == 2


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete"])
def test_a_token_that_keycloak_no_longer_takes_is_renewed(through, session, realm, role, verb):
    through._transport._token = "garbage"
    through._transport._expires = float("inf")
    if verb == "post":
        through.post(realm, "roles", body={"name": f"{role.name}-2"})
        assert session.get(realm, "roles", f"{role.name}-2") is not None
    elif verb == "put":
        through.put(*role.path, body=role.changed)
        assert role.stored["description"] == "after"
    elif verb == "delete":
        through.delete(*role.path)
        assert role.stored is None
    else:
        assert through.get(*role.path)["name"] == role.name
    assert through._transport._token != "garbage"


def test_a_token_is_renewed_before_it_expires(live_keycloak, admin_secret):
    with FaultProxy(live_keycloak.url, only="/realms/master/protocol/openid-connect/token") as tokens:
        session = Session(Connection(url=tokens.url, client_id=ADMIN, client_secret=admin_secret))
        session.get("master", "roles", "admin")
        session.get("master", "roles", "admin")
        assert len(tokens.calls) == 1
        session._transport._expires = 0.0
        session.get("master", "roles", "admin")
        assert len(tokens.calls) == 2


def test_many_threads_share_one_token(live_keycloak, admin_secret):
    with FaultProxy(live_keycloak.url, only="/realms/master/protocol/openid-connect/token") as tokens:
        session = Session(Connection(url=tokens.url, client_id=ADMIN, client_secret=admin_secret))
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: session.get("master", "roles", "admin"), range(16)))
        assert len(tokens.calls) == 1


@pytest.mark.parametrize("fault", _LOST)
def test_a_login_that_gets_lost_is_tried_again_for_a_creation_too(
    live_keycloak, admin_secret, session, realm, fault
):
    name = f"r-{secrets.token_hex(4)}"
    with FaultProxy(live_keycloak.url, only="/realms/master/protocol/openid-connect/token") as tokens:
        tokens.next(fault)
        Session(Connection(url=tokens.url, client_id=ADMIN, client_secret=admin_secret)).post(
            realm, "roles", body={"name": name}
        )
        assert len(tokens.calls) == 2
    assert session.get(realm, "roles", name) is not None


@pytest.fixture
def creator(live_keycloak, session):
    """A service account that may create realms, and nothing else."""
    secret = secrets.token_urlsafe(24)
    name = f"creator-{secrets.token_hex(4)}"
    client = session.post(
        "master",
        "clients",
        body={
            "clientId": name,
            "secret": secret,
            "serviceAccountsEnabled": True,
            "standardFlowEnabled": False,
        },
    )
    user = session.get("master", "clients", client, "service-account-user")["id"]
    role = session.get("master", "roles", "create-realm")
    session.post("master", "users", user, "role-mappings", "realm", body=[role])
    yield Session(Connection(url=live_keycloak.url, client_id=name, client_secret=secret))
    session.delete("master", "clients", client)


def test_who_made_a_realm_sees_all_of_it_at_once(session, creator):
    name = f"s-{secrets.token_hex(4)}"
    try:
        creator.post("", body={"realm": name, "enabled": True, "displayName": "Shown"})
        assert creator.get(name)["displayName"] == "Shown"
        creator.put(name, body={"displayName": "Changed"})
        assert session.get(name)["displayName"] == "Changed"
    finally:
        session.delete(name)


def test_a_collection_is_read_over_all_its_pages(session, realm):
    names = {f"page-{number:03}" for number in range(250)}
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda name: session.post(realm, "roles", body={"name": name}), names))
    listed = [role["name"] for role in session.list(realm, "roles", search="page-")]
    assert len(listed) == 250
    assert set(listed) == names


def test_a_collection_that_knows_no_pages_comes_once(session, realm):
    listed = [scope["name"] for scope in session.list(realm, "client-scopes")]
    assert len(listed) == len(set(listed)) > 5


def test_a_collection_of_no_realm_is_empty(session):
    assert list(session.list("no-such-realm", "roles")) == []


def test_changes_to_one_realm_at_one_time_need_no_second_try(live_keycloak, admin_secret, realm):
    pauses = []
    session = Session(
        Connection(url=live_keycloak.url, client_id=ADMIN, client_secret=admin_secret), sleep=pauses.append
    )

    def change(number):
        session.put(realm, body={"attributes": {f"a{number}": "x"}})
        session.put(realm, "client-policies", "policies", body={"policies": [{"name": f"p{number}"}]})

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(change, range(12)))
    assert pauses == []
    assert len(session.get(realm, "client-policies", "policies")["policies"]) == 1


def test_each_broken_rule_of_a_user_is_told(session, realm):
    with pytest.raises(KeycloakError) as caught:
        session.post(
            realm,
            "users",
            body={"username": "x", "email": "no-address", "firstName": "<>", "attributes": {}},
        )
    assert "email: " in str(caught.value)
    assert "firstName: " in str(caught.value)
