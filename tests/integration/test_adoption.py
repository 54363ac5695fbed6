"""Realms of somebody else, taken over and given back: each is afterwards what it was, ids and empty texts included."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from provision.config.objects import DeclaredObject, in_order
from provision.core.registry import catalogue
from provision.keycloak import factory_realm
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.key_providers import key_providers
from provision.provider.discovery import discover, silent_context
from provision.provider.lifecycle import Lifecycle
from provision.provider.wire import plain
from tests.support.old_realms import OLD_REALMS, OldRealm
from tests.support.world import is_another

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.core.spec import Spec
    from provision.keycloak.api.session import Session
    from provision.provider.discovery import Discovery

of_this_version = pytest.mark.skipif(
    is_another(), reason="other versions make other things, which are named too"
)
_OF_THE_TEST = {"key rsa (rsa)", "key rsa-enc (rsa-enc)"}
"""The keys that the test gives each realm, since Keycloak takes seconds to make its own."""


class _Silent:
    def note(self, text: str) -> None: ...


@pytest.fixture(scope="module")
def keys() -> list[dict[str, Any]]:
    return key_providers()


@pytest.fixture
def realm(session: Session) -> Iterator[str]:
    name = f"old-{secrets.token_hex(4)}"
    yield name
    session.delete(name)


def make(session: Session, realm: str, keys: list[dict[str, Any]], body: dict[str, Any]) -> None:
    components = {**body.get("components", {}), factory_realm.KEYS: keys}
    session.post("", body={"realm": realm, "enabled": True, **body, "components": components})
    session.put(realm, body={"realm": realm, "adminEventsEnabled": True})
    session.delete(realm, "admin-events")


def whole(session: Session, realm: str) -> Any:
    """The export and what it lacks, with ids; lists of no order in one order."""
    exported = session.export(realm)
    return _ordered({**exported, "of the profile": session.get(realm, "users", "profile")})


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def found_in(session: Session, realm: str) -> Discovery:
    return discover(session, realm, _Silent())  # type: ignore[arg-type]


class Taken:
    """The objects of a realm in the hands of a stack, without the engine."""

    def __init__(self, session: Session, realm: str, found: Discovery):
        entries = tuple(DeclaredObject.model_validate(item) for item in found.objects)
        self.specs: list[Spec] = [*in_order(entries, realm).values()]
        self.session = session
        self.states: list[tuple[Lifecycle, str, Any, Any]] = []

    def take(self) -> None:
        for spec in self.specs:
            lifecycle = Lifecycle(catalogue()[spec.token], silent_context(self.session))
            inputs, failures = lifecycle.check({}, spec.wire())
            assert failures == []
            state = lifecycle.create(inputs, preview=False)
            self.states.append((lifecycle, state.id, state.properties, inputs))

    def differing(self) -> list[str]:
        return [
            id_
            for lifecycle, id_, properties, inputs in self.states
            if plain(lifecycle.read(id_, properties, inputs).inputs) != plain(inputs)
        ]

    def change(self, kind: str, **values: Any) -> None:
        for index, (lifecycle, id_, properties, inputs) in enumerate(self.states):
            if lifecycle._spec.__name__ == kind:
                news = {**inputs, **values}
                changed = lifecycle.update(properties, news, preview=False)
                self.states[index] = (lifecycle, id_, changed, news)

    def give_back(self) -> None:
        for lifecycle, _, properties, _ in reversed(self.states):
            lifecycle.delete(properties)


@of_this_version
@pytest.mark.parametrize("old", OLD_REALMS, ids=[old.name for old in OLD_REALMS])
def test_a_realm_is_taken_over_without_a_write_and_given_back_as_it_was(session, realm, keys, old: OldRealm):
    make(session, realm, keys, old.body)
    before = whole(session, realm)

    found = found_in(session, realm)
    assert set(found.left_out) - _OF_THE_TEST == {text.replace("REALM", realm) for text in old.left_out}
    taken = Taken(session, realm, found)
    taken.take()
    assert taken.differing() == []
    assert session.get(realm, "admin-events") == []

    taken.change("Client", description="changed by the stack")
    taken.change("RealmRole", description="changed by the stack")
    taken.change("Realm", accessTokenLifespan=222)
    assert session.get(realm)["accessTokenLifespan"] == 222
    taken.give_back()
    after = whole(session, realm)
    assert _ordered(without_empty(after)) == _ordered(without_empty(before))


def without_empty(value: Any) -> Any:
    """Keycloak takes no text away: what had none has an empty one after a change."""
    if isinstance(value, dict):
        return {key: without_empty(item) for key, item in value.items() if item != ""}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


@of_this_version
def test_mappers_that_people_added_to_keycloaks_own_scopes_are_taken_over(session, realm, keys):
    make(session, realm, keys, {})
    scopes = {item["name"]: item for item in session.get(realm, "client-scopes")}
    audience = {"included.custom.audience": "https://mcp.example.org/mcp", "access.token.claim": "true"}
    mapper = {"name": "by hand", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper"}
    where = ("client-scopes", scopes["profile"]["id"], "protocol-mappers", "models")
    session.post(realm, *where, body={**mapper, "config": audience})
    (changed,) = (item for item in scopes["roles"]["protocolMappers"] if item["name"] == "realm roles")
    changed["config"]["claim.name"] = "groups"
    path = ("client-scopes", scopes["roles"]["id"], "protocol-mappers", "models", changed["id"])
    session.put(realm, *path, body=changed)

    found = found_in(session, realm)
    said = {(item["scope"], item["name"]): item for item in found.objects if item["type"].endswith("Mapper")}
    assert said["profile", "by hand"]["includedCustomAudience"] == "https://mcp.example.org/mcp"
    assert said["roles", "realm roles"]["claimName"] == "groups"
    assert said.keys() == {("profile", "by hand"), ("roles", "realm roles")}
    assert set(found.left_out) == _OF_THE_TEST
    taken = Taken(session, realm, found)
    taken.take()
    assert taken.differing() == []


@of_this_version
def test_bindings_of_flows_and_what_overrides_them_are_taken_over(session, realm, keys):
    make(session, realm, keys, {})
    session.post(realm, "authentication", "flows", "browser", "copy", body={"newName": "my browser"})
    (flow,) = (
        item["id"] for item in session.get(realm, "authentication", "flows") if item["alias"] == "my browser"
    )
    client = {"clientId": "app", "publicClient": True, "redirectUris": ["https://app.example.org/cb"]}
    session.post(realm, "clients", body={**client, "authenticationFlowBindingOverrides": {"browser": flow}})
    session.put(realm, body={"realm": realm, "browserFlow": "my browser"})
    found = found_in(session, realm)
    (app,) = (item for item in found.objects if item["type"] == "Client")
    assert app["browserFlow"] == "my browser"
    assert {"type": "AuthenticationBindings", "browserFlow": "my browser"} in found.objects
    assert set(found.left_out) - _OF_THE_TEST == set()
    taken = Taken(session, realm, found)
    taken.take()
    assert taken.differing() == []


@of_this_version
def test_the_client_of_admin_permissions_is_keycloaks_own(session, realm, keys):
    make(session, realm, keys, {})
    session.put(realm, body={"realm": realm, "adminPermissionsEnabled": True})
    found = found_in(session, realm)
    assert [item for item in found.objects if "admin-permissions" in item.values()] == []
    assert set(found.left_out) - _OF_THE_TEST == {
        "client admin-permissions, which Keycloak made",
        "settings of the realm: adminPermissionsEnabled",
    }


def test_a_realm_with_another_name_today_keeps_its_default_role_as_keycloaks_own(session, realm, keys):
    former = f"{realm}-former"
    body = {"clients": [{"clientId": "bot", "serviceAccountsEnabled": True, "standardFlowEnabled": False}]}
    make(session, former, keys, body)
    session.put(former, body={"realm": realm})
    session.forget_realm(former)
    assert session.get(realm)["defaultRole"]["name"] == f"default-roles-{former}"
    found = found_in(session, realm)
    assert [item for item in found.objects if item["type"] in {"RealmRole", "ServiceAccountRole"}] == []
    assert [text for text in found.left_out if "default-roles" in text] == []


def test_a_realm_that_may_not_be_exported_is_adopted_and_says_so(session, realm, keys, monkeypatch):
    make(session, realm, keys, {})

    def refused(*_: Any, **__: Any) -> None:
        raise KeycloakError("Keycloak would not read partial-export.")

    monkeypatch.setattr(session, "export", refused)
    found = found_in(session, realm)
    assert found.objects
    assert "what no kind can say was not looked at: Keycloak would not read partial-export." in found.left_out


@pytest.mark.skipif(not is_another(), reason="there is nothing to remark")
def test_of_another_version_it_is_remarked_that_what_it_makes_otherwise_is_named_too(session, realm, keys):
    make(session, realm, keys, {})
    remarks = [line for line in found_in(session, realm).left_out if "makes otherwise" in line]
    assert len(remarks) == 1
