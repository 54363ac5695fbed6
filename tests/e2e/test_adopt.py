"""``provision adopt``: a realm with one object of every kind, described by a stack file that nobody had to write."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from provision.config.yaml_file import dump, load
from provision.core.registry import catalogue
from tests.conftest import ADMIN
from tests.support.samples import SAMPLES
from tests.support.stack_cli import StackCli
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA = {"provision:keycloak:User", "provision:keycloak:InitialAccessToken"}
_OTHER_WORDS = {
    "provision:keycloak:RealmClientScopes",  # says as a whole what RealmClientScopeAssignment says one by one
    "provision:keycloak:GenericRegistrationPolicy",  # its sample is of a type that has a kind of its own
}


@pytest.fixture
def world(session) -> Iterator[World]:
    """A realm in which somebody made one object of every kind, and whose admin events show who writes."""
    world = World(session)
    session.post(world.realm, "users", body={"username": "somebody"})
    for token, sample in SAMPLES.items():
        if token not in _DATA | _OTHER_WORDS | {"provision:keycloak:Realm"}:
            for needed, values in sample.needs:
                world.add(needed, values)
            world.add(token, sample.inputs)
    session.put(
        world.realm, body={"realm": world.realm, "adminEventsEnabled": True, "accessTokenLifespan": 111}
    )
    session.post(world.realm, "clients", body={"clientId": "https://old.example", "protocol": "saml"})
    session.delete(world.realm, "admin-events")
    yield world
    session.delete(world.realm)


@pytest.fixture
def stack(tmp_path) -> Iterator[StackCli]:
    stack = StackCli(tmp_path, stack="taken")
    yield stack
    stack.clean_up()


def test_the_file_describes_the_realm_without_a_write_and_rebuilds_it(
    world, stack, session, live_keycloak, admin_secret
):
    arguments = ("adopt", world.realm, "--url", live_keycloak.url, "--admin-client-id", ADMIN)
    said = stack.run(*arguments, stdin=f"{admin_secret}\n")

    assert session.get(world.realm, "admin-events") == []
    assert "1 user (data, not configuration)" in said.stdout
    assert "client https://old.example (saml)" in said.stdout
    assert "clientSecret of the identity provider corp-é: it stays; another Keycloak needs it" in said.stdout
    assert "secrets of the clients " in said.stdout
    file = stack.project / "Pulumi.taken.yaml"
    assert admin_secret not in file.read_text()
    objects = load(file)["config"]["provision:objects"]
    made = {f"provision:keycloak:{item['type']}" for item in objects}
    assert made == {t for t in catalogue() if t.split(":")[1] == "keycloak"} - _DATA - _OTHER_WORDS
    previewed = stack.json("preview", code=3)
    assert previewed["changes"] == []
    broken = {finding["rule"] for finding in previewed["findings"]}
    assert broken >= {"registration-client-uris", "registration-in-production"}
    _let_pass(file, broken)
    assert stack.json("preview")["findings"] == []
    assert stack.json("drift") == {"changes": [], "added": []}

    session.put(world.realm, body={"realm": world.realm, "accessTokenLifespan": 222})
    (change,) = stack.json("drift", code=3)["changes"]
    assert change["type"] == "provision:keycloak:Realm"
    stack.run("up", "--refresh")
    assert session.get(world.realm)["accessTokenLifespan"] == 111
    stack.run("down", "--yes")
    assert session.get(world.realm) is not None

    session.delete(world.realm)
    config = load(file)
    shuffled = [{**item, **({"adopt": False} if item["type"] == "Realm" else {})} for item in objects]
    random.Random(world.realm).shuffle(shuffled)
    config["config"]["provision:objects"] = shuffled
    file.write_text(dump(config))
    # The file holds no secret, and an identity provider without one is not made on another Keycloak.
    said = stack.run("up", code=1).stderr
    assert "The identity provider corp-é has no clientSecret" in said
    assert "has a problem" not in said
    assert session.get(world.realm) is None
    stack.run("secret", "set", "objects.IdentityProvider/corp-é.clientSecret", stdin="secret-of-the-copy\n")
    # A realm that the stack makes can be seen whole: it breaks more rules, and nothing is made.
    refused = stack.json("up", code=3)["findings"]
    assert session.get(world.realm) is None
    _let_pass(file, broken | {finding["rule"] for finding in refused})
    stack.run("up")
    assert stack.json("drift") == {"changes": [], "added": []}
    stack.run("down", "--yes")
    assert session.get(world.realm) is None


def test_progress_says_taken_over_and_given_back(stack, session, live_keycloak, admin_secret):
    world = World(session)
    try:
        world.add("provision:keycloak:Group", {"path": "/staff"})
        arguments = ("adopt", world.realm, "--url", live_keycloak.url, "--admin-client-id", ADMIN)
        said = stack.run(*arguments, stdin=f"{admin_secret}\n").stderr
        assert f"+ realm {world.realm}  taken over" in said
        assert "+ group /staff  taken over" in said
        assert "created" not in said
        said = stack.run("down", "--yes").stderr
        assert f"- realm {world.realm}  given back" in said
        assert "- group /staff  given back" in said
        assert "deleted" not in said
    finally:
        session.delete(world.realm)


def _let_pass(file, rules):
    """What is wrong with the realm is known."""
    config = load(file)
    config["config"]["provision:rules"] = {
        "waivers": [
            {"rule": rule, "reason": "was so before it was taken over", "expires": "2999-12-31"}
            for rule in sorted(rules)
        ]
    }
    file.write_text(dump(config))


def test_what_can_not_be_adopted_leaves_no_file(stack, live_keycloak, admin_secret):
    def refused(realm, url, secret, code=1):
        said = stack.run(
            "adopt", realm, "--url", url, "--admin-client-id", ADMIN, stdin=f"{secret}\n", code=code
        ).stderr
        assert not (stack.project / "Pulumi.taken.yaml").exists()
        return said

    assert "There is no realm 'nowhere'" in refused("nowhere", live_keycloak.url, admin_secret)
    assert "refused the service account" in refused("master", live_keycloak.url, "wrong" * 5)
    assert "must be https" in refused("master", "http://login.example.org", admin_secret, code=2)
    assert "No secret was given" in refused("master", live_keycloak.url, "", code=2)


def test_a_stack_file_that_is_there_is_not_overwritten(tmp_path):
    stack = StackCli(tmp_path, stack="dev")
    before = (stack.project / "Pulumi.dev.yaml").read_text()
    said = stack.run("adopt", "any", "--url", "http://localhost:1", stdin="x" * 20, code=2).stderr
    assert "is there already" in said
    assert (stack.project / "Pulumi.dev.yaml").read_text() == before
