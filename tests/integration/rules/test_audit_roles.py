"""The read-only roles that docs/least-privilege.md names let an audit see everything, and each of them is needed."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest

from provision._lib.errors import ProvisionError
from provision.config.rules import RulesConfig
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.model import Inconclusive
from provision.rules.sources import live
from provision.rules.sources.kinds import NO_RULE_ASKS
from tests.integration.test_least_privilege import service_account

_PAGE = Path(__file__).parents[3] / "docs" / "least-privilege.md"
_NEVER_READ = {"ClientRole", "User", "Container", "McpServer", "Resource", "Stack"} | NO_RULE_ASKS.keys()


def test_the_page_names_the_roles_that_the_audit_asks_for():
    section = _PAGE.read_text().partition("## It only audits")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE)) == live.READ_ONLY_ROLES


@pytest.fixture(scope="module")
def whole(populated_world):
    """What an administrator sees."""
    return live.snapshot(populated_world.session, populated_world.realm, "prod")


def seen_with(populated_world, url, roles):
    with service_account(
        populated_world.session, url, populated_world.realm, "realm-management", roles
    ) as account:
        return live.snapshot(account, populated_world.realm, "prod")


def names(snapshot):
    """Of each object, but for the accounts of these tests."""
    return {
        (resource.kind, resource.name)
        for resource in snapshot.resources
        if resource.kind != "KeycloakServer" and "provisioner-" not in resource.name
    }


def values(snapshot):
    """What can be told of each of these objects."""
    told, those = {}, names(snapshot)
    for resource in snapshot.resources:
        for path in resource.properties if (resource.kind, resource.name) in those else ():
            with suppress(Inconclusive):
                told[resource.kind, resource.name, path] = resource.get(path)
    return told


def assert_nothing_passes_for_the_whole(seen, whole):
    """What is not reported as out of sight is as an administrator sees it."""
    assert names(seen) <= names(whole)
    assert {kind for kind, _ in names(whole) - names(seen)} <= seen.unseen.keys()
    everything, told = values(whole), values(seen)
    assert told == {key: everything.get(key) for key in told}


def test_with_these_roles_everything_is_seen_that_an_administrator_sees(
    populated_world, live_keycloak, whole
):
    seen = seen_with(populated_world, live_keycloak.url, live.READ_ONLY_ROLES)
    assert seen.unseen.keys() == _NEVER_READ
    assert values(seen) == values(whole)


@pytest.mark.parametrize("role", live.READ_ONLY_ROLES)
def test_without_one_of_them_what_it_shows_can_not_be_told(populated_world, live_keycloak, whole, role):
    roles = [item for item in live.READ_ONLY_ROLES if item != role]
    seen = seen_with(populated_world, live_keycloak.url, roles)
    why = f"the service account lacks the role {role}"
    lost = {kind for kind, reason in seen.unseen.items() if reason == why}
    assert lost
    assert seen.unseen.keys() == lost | _NEVER_READ
    assert_nothing_passes_for_the_whole(seen, whole)
    report = evaluate(seen, RulesConfig())
    inconclusive = {item.rule.id for item in report.inconclusive if item.why == why}
    assert inconclusive >= {rule.id for rule in checks.rules() if lost & {*rule.on}}


@pytest.mark.parametrize("roles", [[], ["query-clients"], ["query-groups"], ["query-users"]], ids=str)
def test_an_account_that_is_told_nothing_finds_nothing_in_order(populated_world, live_keycloak, whole, roles):
    """But for the user profile, which Keycloak tells to some, and an older one to whoever has any of the roles."""
    seen = seen_with(populated_world, live_keycloak.url, roles)
    kinds = {resource.kind for resource in seen.resources}
    assert kinds <= {"KeycloakServer", "UserProfile"}
    assert_nothing_passes_for_the_whole(seen, whole)
    report = evaluate(seen, RulesConfig())
    asked = {rule.id for rule in report.rules if {*rule.on} - kinds}
    assert {item.rule.id for item in report.inconclusive} >= asked


def test_the_version_is_told_to_those_who_may_manage(populated_world, live_keycloak):
    (server,) = live.snapshot(populated_world.session, populated_world.realm, "prod").of_kind(
        "KeycloakServer"
    )
    assert re.match(r"26\.", server.get("version"))


def test_a_realm_that_is_not_there_is_an_error(session):
    with pytest.raises(ProvisionError, match="There is no realm 'nowhere'"):
        live.snapshot(session, "nowhere", "prod")
