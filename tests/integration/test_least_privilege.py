"""The roles that docs/least-privilege.md names are enough for every kind of object, and none of them is too many."""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from provision._lib.errors import ProvisionError
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.api.session import KeycloakError, Session
from provision.keycloak.connection import Connection
from provision.keycloak.handler import KeycloakAccess
from provision.provider.lifecycle import ADOPTED_FROM, State
from provision.provider.wire import Hidden
from tests.support.samples import SAMPLES
from tests.support.values import changes, everything
from tests.support.world import World, lacks, need

_DOCUMENT = Path(__file__).parents[2] / "docs" / "least-privilege.md"
_KINDS = {token.rsplit(":", 1)[-1]: token for token in catalogue() if token.startswith("provision:keycloak:")}
_ROW = re.compile(r"^\| (?P<kinds>`.*?) \| (?P<roles>`.*?) \|", re.MULTILINE)


def documented():
    """The roles of each kind, out of the table."""
    found = {}
    for row in _ROW.finditer(_DOCUMENT.read_text(encoding="utf-8")):
        for kind in re.findall(r"`(\w+)`", row["kinds"]):
            found[kind] = re.findall(r"`([\w-]+)`", row["roles"])
    return found


class Guest(World):
    """Objects in a realm that is there already, made by one service account."""

    def __init__(self, session, realm):
        self.session = session
        self.realm = realm
        self.said: list[str] = []

    def inputs(self, token, values):
        if token.endswith(":Realm"):  # the realm itself, which somebody else made
            values = {**values, "name": self.realm, "suppliedKeys": False, "adopt": True}
        return super().inputs(token, values)

    def live(self, token):
        """Create, read, update, read, delete."""
        lifecycle, sample = self.lifecycle(token), SAMPLES[token]
        inputs, state = self._first(token, sample.inputs)
        properties = state.properties
        try:
            self._same(lifecycle, state, properties, inputs)
            changed = self.inputs(token, {**sample.inputs, **_but_enabled(token)})
            properties = lifecycle.update(properties, changed, preview=False)
            self._same(lifecycle, state, properties, changed)
        finally:
            lifecycle.delete(properties)

    def _first(self, token, values):
        """The object as it is made; the realm itself as it is imported, with what comes back on destroy."""
        if not token.endswith(":Realm"):
            return self.add(token, values)
        lifecycle, inputs = self.lifecycle(token), self.inputs(token, values)
        found = catalogue()[token](self.context()).find(catalogue()[token].spec.model_validate(inputs))
        state = State(self.realm, {**inputs, ADOPTED_FROM: Hidden(found.spec.wire(whole=True))})
        return inputs, replace(state, properties=lifecycle.update(state.properties, inputs, preview=False))

    def context(self):
        return Context(connection=KeycloakAccess(lambda: self.session), log=self.said.append)

    def _same(self, lifecycle, state, properties, inputs):
        seen = lifecycle.read(state.id, properties, inputs)
        assert seen is not None, "it is not seen"
        assert lifecycle.diff(seen.inputs, seen.properties, inputs).differences == ()


def _but_enabled(token):
    """A realm that is not enabled, or asks for https, gives its own service account no token."""
    shut = {"enabled", "sslRequired", "frontendUrl", "defaultSignatureAlgorithm"}
    return {k: v for k, v in changes(token).items() if not (token.endswith(":Realm") and k in shut)}


@contextmanager
def service_account(session, url, realm, owner, roles):
    """A session of a service account with exactly those roles (of that client, or of the realm itself)."""
    name, secret = f"provisioner-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    body = {
        "clientId": name,
        "secret": secret,
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "fullScopeAllowed": True,
    }
    client = session.post(realm, "clients", body=body)
    try:
        user = session.get(realm, "clients", client, "service-account-user")["id"]
        if owner:
            internal = session.get(realm, "clients", clientId=owner)[0]["id"]
            there, to = ("clients", internal, "roles"), ("clients", internal)
        else:
            there, to = ("roles",), ("realm",)
        if given := [session.get(realm, *there, role) for role in roles]:
            session.post(realm, "users", user, "role-mappings", *to, body=given)
        yield Session(Connection(url=url, client_id=name, client_secret=secret, auth_realm=realm))
    finally:
        session.delete(realm, "clients", client)


@contextmanager
def surroundings(shared_world, token):
    """What the sample needs, made and removed by the administrator."""
    made = [(needed, shared_world.add(needed, values)[1]) for needed, values in SAMPLES[token].needs]
    try:
        yield
    finally:
        for needed, state in reversed(made):
            shared_world.lifecycle(needed).delete(state.properties)


@pytest.mark.parametrize("kind", _KINDS)
def test_the_documented_roles_are_enough(shared_world, live_keycloak, kind):
    token, roles = _KINDS[kind], documented()[kind]
    need(shared_world.session, token)
    with (
        surroundings(shared_world, token),
        service_account(
            shared_world.session, live_keycloak.url, shared_world.realm, "realm-management", roles
        ) as account,
    ):
        before = everything(shared_world.session, shared_world.realm)
        Guest(account, shared_world.realm).live(token)
        assert everything(shared_world.session, shared_world.realm) == before


def _one_less():
    return [(kind, role) for kind, roles in documented().items() for role in roles]


@pytest.mark.parametrize(("kind", "role"), _one_less())
def test_without_one_of_the_roles_the_error_names_the_service_account(
    shared_world, live_keycloak, kind, role
):
    token, roles = _KINDS[kind], [item for item in documented()[kind] if item != role]
    with (
        surroundings(shared_world, token),
        service_account(
            shared_world.session, live_keycloak.url, shared_world.realm, "realm-management", roles
        ) as account,
    ):
        with pytest.raises(KeycloakError, match=r"service account 'provisioner-\w+'") as caught:
            Guest(account, shared_world.realm).live(token)
        assert "role" in caught.value.do
        leave_as_before(shared_world, token)


def leave_as_before(shared_world, token):
    """The administrator removes what a half-way life left."""
    lifecycle = shared_world.lifecycle(token)
    if not SAMPLES[token].factory and not SAMPLES[token].nameless and not token.endswith(":Realm"):
        inputs = shared_world.inputs(token, SAMPLES[token].inputs)
        with suppress(ProvisionError):
            lifecycle.delete(inputs)


def test_a_service_account_in_the_realm_adopts_it(shared_world, live_keycloak):
    token = _KINDS["Realm"]
    with service_account(
        shared_world.session, live_keycloak.url, shared_world.realm, "realm-management", ["manage-realm"]
    ) as account:
        _, state = Guest(account, shared_world.realm).add(token, {})
        assert ADOPTED_FROM in state.properties


def test_who_may_create_realms_needs_nothing_else_for_what_is_in_them(session, live_keycloak):
    with service_account(session, live_keycloak.url, "master", "", ["create-realm"]) as account:
        world = World(account)
        try:
            guest = Guest(account, world.realm)
            for token in _KINDS.values():
                if lacks(session, token):
                    continue
                with surroundings(guest, token):
                    guest.live(token)
        finally:
            session.delete(world.realm)


def test_without_create_realm_the_error_names_the_service_account(session, live_keycloak):
    with (
        service_account(session, live_keycloak.url, "master", "", []) as account,
        pytest.raises(KeycloakError, match=r"service account 'provisioner-\w+'") as caught,
    ):
        World(account)
    assert "role" in caught.value.do


def test_every_kind_is_in_the_table():
    assert documented().keys() == _KINDS.keys()
