"""A look at many objects costs a few listings, and finds what a look at each of them finds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from provision.keycloak.api.session import Session
from provision.keycloak.bases.listing_cache import FEW_LOOKS
from tests.support.world import World

pytestmark = pytest.mark.shares_realm

_KEYCLOAK = "provision:keycloak:"
_OF_EACH = 60


@pytest.fixture(scope="module")
def many(session: Session) -> World:
    """A realm with clients, their mappers, roles (some of them composite) and client scopes."""
    world = World(session)
    mapper = {"name": "audience", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper"}
    mapper["config"] = {"included.custom.audience": "https://mcp.example.org", "access.token.claim": "true"}
    numbers = range(_OF_EACH)
    secret = {"publicClient": False, "secret": "x" * 32, "attributes": {"client.session.idle.timeout": "600"}}
    clients = [
        {
            "clientId": f"client-{number}",
            "protocolMappers": [mapper],
            "redirectUris": ["https://a.example/cb"],
        }
        | (secret if number % 2 else {"publicClient": True})
        for number in numbers
    ]
    roles = [{"name": f"role-{number}", "attributes": {"level": [str(number)]}} for number in numbers]
    for role in roles[1::10]:
        role |= {"composite": True, "composites": {"realm": ["role-0"]}}
    session.post(
        world.realm,
        "partialImport",
        body={"ifResourceExists": "FAIL", "clients": clients, "roles": {"realm": roles}},
    )
    for number in numbers:
        scope = {"name": f"scope-{number}", "protocol": "openid-connect", "protocolMappers": [mapper]}
        session.post(world.realm, "client-scopes", body=scope)
    return world


def _keys(world):
    for number in range(_OF_EACH):
        yield "Client", f"{world.realm}/client-{number}"
        yield "RealmRole", f"{world.realm}/role-{number}"
        yield "ClientScope", f"{world.realm}/scope-{number}"
        yield "AudienceMapper", f"{world.realm}/scope-{number}//audience"
        yield "AudienceMapper", f"{world.realm}//client-{number}/audience"


def _look(world, session, keys):
    """Read objects as ``pulumi import`` does, which shows every field."""
    fresh = World.__new__(World)
    fresh.__dict__ = {**world.__dict__, "session": session}

    def read(key):
        kind, identity = key
        state = fresh.lifecycle(_KEYCLOAK + kind).read(identity, {}, {})
        assert state is not None, identity
        return state.properties

    with ThreadPoolExecutor(8) as threads:
        return [*threads.map(read, keys)]


def _calls(session, monkeypatch):
    calls, call = [], session._transport.call
    monkeypatch.setattr(
        session._transport, "call", lambda *given: calls.append(given[0].path) or call(*given)
    )
    return calls


@pytest.fixture
def fresh(session: Session):
    """Makes sessions that know nothing yet."""
    return lambda: Session(session._connection)


def test_hundreds_of_objects_are_read_by_few_calls(many, fresh, monkeypatch):
    session, keys = fresh(), [*_keys(many)]
    calls = _calls(session, monkeypatch)
    found = _look(many, session, keys)
    assert len(found) == 5 * _OF_EACH
    composites = _OF_EACH // 10
    single = (
        3 * (FEW_LOOKS + 1) * 2
    )  # of clients, scopes and roles; a mapper's owner and its list are two calls
    assert len(calls) <= single + composites + 10, calls


def test_a_listing_shows_what_a_look_at_each_object_shows(many, fresh):
    keys = [*_keys(many)]
    together = _look(many, fresh(), keys)
    some = range(0, len(keys), 7)
    for index in some:
        (alone,) = _look(many, fresh(), [keys[index]])
        assert alone == together[index], keys[index]


def test_our_own_change_is_seen_at_once(many, fresh):
    session, keys = fresh(), [*_keys(many)]
    _look(many, session, keys)
    where = (many.realm, "roles", "role-3")
    session.put(*where, body={**session.get(*where), "description": "changed"})
    (role,) = _look(many, session, [("RealmRole", f"{many.realm}/role-3")])
    assert role["description"] == "changed"
