"""A stack's record beside its live realm."""

from __future__ import annotations

from provision.rules.model import MASKED, Resource, Snapshot, unreadable
from provision.rules.sources import program, state
from provision.rules.sources.keycloak_resource import keycloak_resource

URN = "urn:pulumi:dev::p::provision:index:McpStack$provision:keycloak:Client::mcp-client"
USER = "urn:pulumi:dev::p::provision:index:McpStack$provision:keycloak:User::demo"
CIPHER = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
STATE = [
    {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"},
    {
        "type": "provision:keycloak:Client",
        "urn": URN,
        "inputs": {"realm": "mcp", "clientId": "mcp-client", "secret": CIPHER, "x": [{"y": CIPHER}]},
    },
    {
        "type": "provision:keycloak:User",
        "urn": USER,
        "inputs": {"realm": "mcp", "username": "demo", "password": CIPHER},
    },
]


def live(*resources, **unseen):
    return Snapshot(resources, unseen={"McpServer": "no realm tells of it", **unseen})


def test_what_is_encrypted_in_the_state_can_not_be_seen():
    found = state.resource_inputs(STATE)
    assert [item.type for item in found] == [item["type"] for item in STATE]
    assert found[1].properties["secret"] is MASKED
    assert found[1].properties["x"] == [{"y": MASKED}]


def test_an_object_of_the_stack_has_the_stacks_name_for_it():
    around = program.snapshot(state.resource_inputs(STATE), "dev")
    own = keycloak_resource(
        "Client", "client mcp-client in realm mcp", {"realm": "mcp", "clientId": "mcp-client"}
    )
    other = keycloak_resource("Client", "client other in realm mcp", {"realm": "mcp", "clientId": "other"})
    seen = state.surrounded(live(own, other), around)
    assert [resource.name for resource in seen.of_kind("Client")] == [URN, "client other in realm mcp"]


def test_what_no_realm_tells_comes_from_the_record():
    around = program.snapshot(state.resource_inputs(STATE), "dev")
    seen = state.surrounded(live(User="people are not read"), around)
    assert [resource.name for resource in seen.of_kind("User")] == [USER]
    assert seen.of_kind("Client") == ()
    assert "McpServer" not in seen.unseen
    assert "User" in seen.unseen


def test_what_is_both_recorded_and_read_is_there_once_as_it_was_read():
    around = program.snapshot(state.resource_inputs(STATE), "dev")
    read = keycloak_resource(
        "User", "user demo in realm mcp", {"realm": "mcp", "username": "demo", "enabled": False}
    )
    seen = state.surrounded(live(read, User="others are not read"), around)
    assert [(resource.name, resource.get("enabled")) for resource in seen.of_kind("User")] == [(USER, False)]


def test_the_recorded_keycloak_takes_the_place_of_the_one_that_was_only_asked():
    asked = Resource("KeycloakServer", "Keycloak at x", {"version": "26.6.8"}, whole=False)
    started = Resource("KeycloakServer", "urn", {"mode": "start-dev", "version": unreadable("no")})
    seen = state.surrounded(live(asked), Snapshot((started,)))
    (server,) = seen.of_kind("KeycloakServer")
    assert server.name == "urn"
    assert server.get("mode") == "start-dev"
    assert server.get("version") == "26.6.8"


def test_a_keycloak_that_no_stack_started_stays_as_it_was_asked():
    asked = Resource("KeycloakServer", "Keycloak at x", {"version": "26.6.8"}, whole=False)
    assert state.surrounded(live(asked), Snapshot(())).of_kind("KeycloakServer") == (asked,)


def test_sources_of_users_and_keys_are_known_to_be_declared_or_not():
    declared = [
        keycloak_resource("IdentityProvider", "urn", {"realm": "mcp", "alias": "company"}),
        keycloak_resource("RealmKey", "urn", {"realm": "mcp", "name": "own", "provider": "rsa-generated"}),
    ]
    sources = [
        Resource(
            "UserSource", f"source {name}", {"realm": "mcp", "name": name, "type": "oidc", "enabled": True}
        )
        for name in ("company", "elsewhere")
    ]
    names = ("own", "rsa-generated", "fallback-RS256", "own-20260101T000000Z", "brought-along")
    keys = []
    for name in names:
        key = {"realm": "mcp", "name": name, "provider": "rsa-generated"}
        keys.append(keycloak_resource("RealmKey", f"realm key rsa-generated/{name} in realm mcp", key))
    seen = state.surrounded(live(*sources, *keys), Snapshot(tuple(declared)))
    told = {one.get("name"): one.get("declared") for one in seen.resources if "declared" in one.properties}
    assert told == {
        "company": True,
        "elsewhere": False,
        **dict.fromkeys(names, True),
        "brought-along": False,
    }
