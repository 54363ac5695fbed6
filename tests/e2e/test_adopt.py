"""``provision adopt``: a realm with one object of every kind, described by a stack file that nobody had to write."""

from __future__ import annotations

import difflib
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
    arguments = ("adopt", world.realm, "--url", live_keycloak.url, "--admin-client-id", ADMIN, "--waive")
    said = stack.run(*arguments, stdin=f"{admin_secret}\n")

    assert session.get(world.realm, "admin-events") == []
    assert "findings of the security rules are waived in Pulumi.taken.yaml for 90 days" in said.stdout
    assert "1 user (data, not configuration)" in said.stdout
    assert "client https://old.example (saml)" in said.stdout
    assert "clientSecret of the identity provider corp-é: it stays; another Keycloak needs it" in said.stdout
    assert "secrets of the clients " in said.stdout
    file = stack.project / "Pulumi.taken.yaml"
    assert admin_secret not in file.read_text()
    objects = load(file)["config"]["provision:objects"]
    made = {f"provision:keycloak:{item['type']}" for item in objects}
    assert made == {t for t in catalogue() if t.split(":")[1] == "keycloak"} - _DATA - _OTHER_WORDS
    previewed = stack.json("preview")
    assert (previewed["changes"], previewed["findings"], previewed["unused"]) == ([], [], [])
    broken = {finding["rule"] for finding in previewed["waived"]}
    assert broken >= {"registration-client-uris", "registration-in-production"}
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
    # The file holds no secret, and what needs one is not made on another Keycloak without it.
    lacking = {
        "The identity provider corp-é has no clientSecret": "IdentityProvider/corp-é.clientSecret",
        "The LDAP user federation corp / é has no bindCredential": "LdapUserFederation/corp / é.bindCredential",
        "has no authTokenClientSecret": "MailServer.authTokenClientSecret",
    }
    while lacking:
        said = stack.run("up", code=1).stderr
        assert "has a problem" not in said
        assert session.get(world.realm) is None
        named = [reason for reason in lacking if reason in said]
        assert named, said
        for reason in named:
            stack.run("secret", "set", f"objects.{lacking.pop(reason)}", stdin="secret-of-the-copy\n")
    # A realm that the stack makes can be seen whole: it breaks more rules, and nothing is made.
    refused = stack.json("up", code=3)["findings"]
    assert session.get(world.realm) is None
    _let_pass(file, broken | {finding["rule"] for finding in refused})
    stack.run("up")
    assert stack.json("drift") == {"changes": [], "added": []}
    stack.run("down", "--yes")
    assert session.get(world.realm) is None


def test_an_old_realm_is_taken_over_waived_and_taken_in_again(stack, session, live_keycloak, admin_secret):
    """One realm in which people go on working after its adoption; the progress says what is done to its objects."""
    world = World(session)
    old = {"clientId": "old", "access": "public", "webOrigins": ["*"], "directAccessGrants": True}
    try:
        world.add("provision:keycloak:Group", {"path": "/staff"})
        world.add("provision:keycloak:Client", old)
        world.add(
            "provision:keycloak:Client", {**old, "clientId": "narrow", "webOrigins": ["https://a.example"]}
        )
        session.put(world.realm, body={"realm": world.realm, "accessTokenLifespan": 299})
        arguments = ("adopt", world.realm, "--url", live_keycloak.url, "--admin-client-id", ADMIN)
        said = stack.run(*arguments, stdin=f"{admin_secret}\n").stderr
        assert f"+ realm {world.realm}  taken over" in said
        assert "+ group /staff  taken over" in said
        assert "created" not in said
        file = stack.project / "Pulumi.taken.yaml"

        _the_findings_of_today_do_not_block_a_change_and_new_ones_do(stack, file, session, world.realm)
        _what_others_make_is_taken_in(stack, file, session, world.realm)

        said = stack.run("down", "--yes").stderr
        assert f"- realm {world.realm}  given back" in said
        assert "- group /staff  given back" in said
        assert "- client rogue  given back" in said
        assert "deleted" not in said
        assert "rogue" in {item["clientId"] for item in session.list(world.realm, "clients")}
    finally:
        session.delete(world.realm)


def _the_findings_of_today_do_not_block_a_change_and_new_ones_do(stack, file, session, realm):
    stack.change_config("accessTokenLifespan: 299", "accessTokenLifespan: 298  # mine")
    assert {"client-password-grant", "client-any-web-origin"} <= {
        finding["rule"] for finding in stack.json("up", code=3)["findings"]
    }
    # What is not applied yet is not mixed up with what is taken in.
    assert "1 change is not applied yet" in stack.run("adopt", "--update", "--waive", code=2).stderr
    stack.change_config("accessTokenLifespan: 298", "accessTokenLifespan: 299")

    before = file.read_text()
    said = stack.json("adopt", "--update", "--waive")
    assert (said["objects"], said["failing"]) == (0, 0)
    assert said["waived"] > 2
    _has_every_line_of(before, file)
    written = file.read_text()
    assert stack.json("adopt", "--update", "--waive")["waived"] == 0
    assert file.read_text() == written

    stack.change_config("accessTokenLifespan: 299", "accessTokenLifespan: 298")
    done = stack.json("up")
    assert (done["findings"], len(done["waived"])) == ([], said["waived"])
    assert session.get(realm)["accessTokenLifespan"] == 298

    stack.change_config("- https://a.example", "- '*'")
    (finding,) = stack.json("up", code=3)["findings"]
    assert (finding["rule"], finding["name"]) == ("client-any-web-origin", f"client narrow in realm {realm}")
    stack.change_config("- '*'", "- https://a.example")  # of both clients: one is mended
    assert "1 waiver lets nothing pass; take it out" in stack.run("up").stderr


def _what_others_make_is_taken_in(stack, file, session, realm):
    rogue = {
        "clientId": "rogue",
        "publicClient": True,
        "directAccessGrantsEnabled": True,
        "standardFlowEnabled": False,
    }
    session.post(realm, "clients", body=rogue)
    session.post(realm, "roles", body={"name": "boss"})
    seen = stack.run("drift", "--all").stdout
    assert "? client rogue" in seen
    assert "2 objects are not of this stack; `provision adopt --update -s taken" in seen

    before = file.read_text()
    said = stack.run("adopt", realm, "--update")
    assert "+ client rogue  taken over" in said.stderr
    assert "2 objects added to" in said.stdout
    assert "of the security rules stop the next `up` in production" in said.stdout
    _has_every_line_of(before, file)
    names = [item.get("clientId", item.get("name")) for item in load(file)["config"]["provision:objects"]]
    assert names[-2:] == ["rogue", "boss"]
    seen = stack.json("drift", "--all")
    assert (seen["changes"], seen["added"], seen["unmanaged"]) == ([], [], [])

    written = file.read_text()
    assert "there is nothing new in the realm" in stack.run("adopt", "--update").stdout
    assert file.read_text() == written


def _has_every_line_of(before, file):
    """Look that lines were added to a file, and that none was changed."""
    compared = difflib.ndiff(before.splitlines(), file.read_text().splitlines())
    assert {line[:1] for line in compared} == {" ", "+"}


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
    assert "`provision adopt --update -s dev" in said
    assert (stack.project / "Pulumi.dev.yaml").read_text() == before
