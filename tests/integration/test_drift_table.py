"""Every change of the table, made behind the back of a realm of ours, is seen by a look and undone, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from provision.core.record import BESIDES
from provision.core.spec import ADOPTED_FROM
from provision.keycloak import realm_repair
from provision.keycloak.builtin import ADMIN_CLI
from provision.provider import unmanaged
from tests.support.changes_behind import CHANGES, CLIENT, SCOPE
from tests.support.world import World, need

_MADE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("provision:keycloak:ClientScope", {"name": SCOPE}),
    ("provision:keycloak:RealmClientScopeAssignment", {"scope": SCOPE}),
    (
        "provision:keycloak:Client",
        {"clientId": CLIENT, "standardFlow": True, "redirectUris": ["http://127.0.0.1/"]},
    ),
    ("provision:keycloak:Client", {"clientId": ADMIN_CLI, "directAccessGrants": False}),
)


class Made(World):
    """A realm with a scope, a client and Keycloak's own client closed, and what a stack's state would have of them."""

    def __init__(self, session: Any) -> None:
        self.state: list[dict[str, Any]] = []
        super().__init__(session)
        for token, values in _MADE:
            self.add(token, values)

    def add(self, token: str, values: dict[str, Any]) -> Any:
        inputs, state = super().add(token, values)
        urn = f"urn:pulumi:test::test::{token}::{state.id}"
        outputs = dict(state.properties)
        self.state.append(
            {"type": token, "id": state.id, "urn": urn, "inputs": dict(inputs), "outputs": outputs}
        )
        return inputs, state

    def look(self) -> unmanaged.Look:
        return unmanaged.find(self.session, self.realm, self.state)


@pytest.fixture(scope="module")
def made(session):
    """A realm in which each test undoes what it changed."""
    world = Made(session)
    yield world
    session.delete(world.realm)


def test_a_realm_that_nobody_touched_agrees_with_its_records(made):
    assert sum(BESIDES in item["outputs"] for item in made.state) == 3
    assert made.look() == unmanaged.Look()


@pytest.mark.parametrize("behind", CHANGES, ids=lambda item: f"{item.what}: {item.change}")
def test_a_change_behind_the_stacks_back_is_seen_and_undone(made, behind):
    session, realm = made.session, made.realm
    if "web origins" in behind.change and behind.what == "policies for registration":
        need(session, "provision:keycloak:RegistrationWebOriginsPolicy")
    behind.make(session, realm)
    look = made.look()
    found = [each for item in look.changed for each in item.differences]
    if behind.undone_by == "--prune":
        assert look.added
        assert found == []
        for item in look.added:
            unmanaged.remove(session, realm, item)
    else:
        assert found
        assert look.added == ()
        assert [failure for _, failure in realm_repair.put_back(session, realm, found) if failure] == []
    assert made.look() == unmanaged.Look()


def test_what_a_stack_adopted_or_has_no_record_of_is_not_compared(made, monkeypatch):
    state = [
        {**item, "outputs": {ADOPTED_FROM: {}} if item["type"].endswith(":Client") else {}}
        for item in made.state
    ]
    monkeypatch.setattr(made, "state", state)
    client = made.session.get(made.realm, "clients", clientId=CLIENT)[0]
    made.session.put(made.realm, "clients", client["id"], body=client | {"surrogateAuthRequired": True})
    try:
        assert made.look().changed == ()
    finally:
        made.session.put(made.realm, "clients", client["id"], body=client)


def test_an_update_of_ours_is_recorded_and_what_others_changed_before_it_stays_seen(made):
    (client,) = [item for item in made.state if item["id"].endswith(f"/{CLIENT}")]
    calls = made.lifecycle("provision:keycloak:Client")
    raw = made.session.get(made.realm, "clients", clientId=CLIENT)[0]
    made.session.put(made.realm, "clients", raw["id"], body=raw | {"surrogateAuthRequired": True})
    news = made.inputs("provision:keycloak:Client", {**_MADE[2][1], "consentRequired": True})
    olds = dict(client["outputs"])
    client["outputs"] = calls.update(olds, news, preview=False)
    (changed,) = made.look().changed
    assert [item.path[-1] for item in changed.differences] == ["surrogateAuthRequired"]
    list(realm_repair.put_back(made.session, made.realm, changed.differences))
    client["outputs"] = calls.update(
        client["outputs"], made.inputs("provision:keycloak:Client", _MADE[2][1]), preview=False
    )
    assert made.look() == unmanaged.Look()
