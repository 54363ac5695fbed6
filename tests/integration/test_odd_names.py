"""Whatever an object is called, its life touches that object alone, or a preview refuses the name."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from provision.keycloak.api.session import KeycloakError
from tests.support.values import everything

pytestmark = pytest.mark.shares_realm

_NAMES = st.sampled_from(
    [
        "x/y",
        "x%2Fy",
        "%2e%2e",
        "..x",
        "x;y",
        "x?y#z",
        "x~",
        "~x",
        "{x}",
        "x\\y",
        "x&y=z",
        "%",
        "%00",
        "+ +",
        "é😀",
        "../x",
    ]
) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
_KINDS = {
    "RealmRole": ("name", lambda name: name, {}, {"description": "changed"}),
    "ClientRole": ("name", lambda name: name, {"client": "account"}, {"description": "changed"}),
    "Client": ("clientId", lambda name: name, {}, {"description": "changed"}),
    "ClientScope": ("name", lambda name: name, {}, {"description": "changed"}),
    "Group": ("path", lambda name: "/" + name.replace("/", "~/"), {}, {"attributes": {"a": ["b"]}}),
    "IdentityProvider": (
        "alias",
        lambda name: name,
        {
            "authorizationUrl": "https://i/a",
            "tokenUrl": "https://i/t",
            "clientId": "c",
            "clientSecret": "",
            "validateSignature": False,
        },
        {"displayName": "changed"},
    ),
}


@pytest.mark.parametrize("kind", _KINDS)
def test_an_odd_name_reaches_no_other_object(world, kind):
    token = f"provision:keycloak:{kind}"
    field, spelled, needed, change = _KINDS[kind]
    lifecycle = world.lifecycle(token)
    before = everything(world.session, world.realm)
    lives = []

    @settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_NAMES)
    def tried(name):
        given_inputs = {"realm": world.realm, field: spelled(name), **needed}
        inputs, refused = lifecycle.check({}, given_inputs)
        if refused:
            return
        changed, _ = lifecycle.check({}, given_inputs | change)
        state = lifecycle.create(inputs, preview=False)
        properties = lifecycle.update(state.properties, changed, preview=False)
        seen = lifecycle.read(state.id, properties, changed)
        assert seen is not None, name
        assert seen.inputs == changed, name
        lifecycle.delete(properties)
        assert lifecycle.read(state.id, properties, changed) is None, name
        lives.append(name)

    tried()
    assert lives
    assert everything(world.session, world.realm) == before


@pytest.mark.parametrize("name", [".", ".."])
def test_a_step_in_a_path_is_not_sent(world, name):
    for path in (("roles", name), ("clients", name, "roles"), (name,), ("groups", "")):
        for call in (world.session.get, world.session.delete):
            with pytest.raises(KeycloakError, match="a name in it must not be empty"):
                call(world.realm, *path)
    assert world.session.get(world.realm)["realm"] == world.realm


def test_groups_whose_names_hold_tildes_and_slashes_are_told_apart(world):
    paths = [
        "/cost~",
        "/cost~~/x",
        "/cost~/x",
        "/a",
        "/a/b",
        "/a/b/c",
        "/a~/b",
        "/a~/b/c",
        "/~/a",
        "/a~/",
        "/a~//x",
    ]
    lifecycle = world.lifecycle("provision:keycloak:Group")
    made = [world.add("provision:keycloak:Group", {"path": path}) for path in paths]
    ids = set()
    for (inputs, state), path in zip(made, paths, strict=True):
        seen = lifecycle.read(state.id, state.properties, inputs)
        assert seen is not None, path
        assert seen.inputs == inputs
        ids.add(lifecycle._handler.find(lifecycle._handler.key(realm=world.realm, path=path)).id)
    assert len(ids) == len(paths)
    [top] = [item for item in world.session.list(world.realm, "groups") if item["name"] == "cost~"]
    assert [item["name"] for item in world.session.list(world.realm, "groups", top["id"], "children")] == [
        "x"
    ]
