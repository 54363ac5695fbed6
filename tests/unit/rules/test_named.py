"""What findings call their objects, and which names a waiver may use."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from provision.config.rules import RulesConfig, WaiverConfig
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.model import UNKNOWN
from provision.rules.sources.program import snapshot
from provision.rules.sources.resource_input import ResourceInput

RULE = checks.rule("client-password-grant")
STACK = "urn:pulumi:dev::p::provision:index:McpStack"
URN = f"{STACK}$provision:keycloak:Realm$provision:keycloak:Client::calculator-introspection"
IN_WORDS = "client mcp-server in realm mcp"


def found(client_id="mcp-server", urn=URN, **config):
    """The client of the program, which takes passwords."""
    client = {"realm": "mcp", "clientId": client_id, "access": "public", "directAccessGrants": True}
    program = [
        ResourceInput(
            "provision:keycloak:Realm", f"{STACK}$provision:keycloak:Realm::realm", {"name": "mcp"}
        ),
        ResourceInput("provision:keycloak:Client", urn, client),
    ]
    return evaluate(snapshot(program, "dev"), RulesConfig(**config), only=[RULE])


def test_an_object_of_a_program_is_called_as_it_is_called_in_keycloak():
    (finding,) = found().findings
    assert (finding.name, finding.resource) == (IN_WORDS, URN)
    assert finding.as_json()["name"] == IN_WORDS


def test_one_whose_name_only_the_update_makes_is_called_as_in_the_program():
    (finding,) = found(UNKNOWN).findings
    assert finding.name == "client calculator-introspection"


def test_so_is_what_can_not_be_told():
    client = {"realm": "mcp", "clientId": "mcp-server", "access": "public", "directAccessGrants": UNKNOWN}
    program = snapshot([ResourceInput("provision:keycloak:Client", URN, client)], "dev")
    (inconclusive,) = evaluate(program, RulesConfig(), only=[RULE]).inconclusive
    assert (inconclusive.name, inconclusive.resource) == (IN_WORDS, URN)


@pytest.mark.parametrize(
    "resource", [IN_WORDS, "client mcp-server*", URN, "*::calculator-introspection", "*"]
)
def test_a_waiver_names_it_in_words_or_by_its_urn(resource):
    waiver = WaiverConfig(rule=RULE.id, resource=resource, reason="known for long", expires=date(2999, 1, 1))
    report = found(waivers=(waiver,))
    assert report.findings == ()
    assert [finding.waiver for finding in report.waived] == [waiver]


def test_a_waiver_for_another_lets_it_not_pass():
    waiver = WaiverConfig(
        rule=RULE.id, resource="client mcp-serve", reason="known for long", expires=date(2999, 1, 1)
    )
    report = found(waivers=(waiver,))
    assert len(report.findings) == 1
    assert report.unused == (waiver,)


OFFLINE = checks.rule("offline-access-default")


def offline_access(token, logical="offline"):
    """What a program that gives every client offline access is told."""
    name, inputs = token.rpartition(":")[2], {"realm": "mcp", "scope": "offline_access", "kind": "default"}
    urn = f"{STACK}$provision:keycloak:Realm${token}::{logical}"
    inputs |= {"client": "cli"} if name == "ClientScopeAssignment" else {}
    program = snapshot([ResourceInput(token, urn, inputs)], "prod")

    def waived(resource):
        waiver = WaiverConfig(
            rule=OFFLINE.id, resource=resource, reason="known for long", expires=date(2999, 1, 1)
        )
        report = evaluate(program, RulesConfig(waivers=(waiver,)), only=[OFFLINE])
        return bool(report.waived) and not report.findings and not report.unused

    return waived


@pytest.mark.parametrize(
    "resource",
    [
        "default client scope offline_access in realm mcp",
        "default client scope *",
        "*DefaultClientScope*",
        f"{STACK}$provision:keycloak:Realm$provision:keycloak:DefaultClientScope::offline",
    ],
)
def test_a_waiver_may_name_it_as_a_former_version_did(resource):
    assert offline_access("provision:keycloak:RealmClientScopeAssignment")(resource)


def test_so_may_a_waiver_for_an_object_of_the_stack_file():
    waived = offline_access(
        "provision:keycloak:RealmClientScopeAssignment", "RealmClientScopeAssignment/offline_access"
    )
    assert waived("*provision:keycloak:DefaultClientScope::DefaultClientScope/offline_access")
    member = offline_access("provision:keycloak:ClientScopeAssignment")
    assert member("client default scope cli/offline_access in realm mcp")
    assert member("*:ClientDefaultScope::*")


@pytest.mark.parametrize("resource", ["*ClientDefaultScope*", "client default scope *", "*Realm default*"])
def test_the_former_name_of_another_kind_lets_nothing_pass(resource):
    assert not offline_access("provision:keycloak:RealmClientScopeAssignment")(resource)


def test_what_fails_comes_first_and_the_worst_of_it_on_top():
    """A program that breaks rules of all severities, the highest of them advice here."""
    client = {
        "realm": "mcp",
        "clientId": "a",
        "access": "public",
        "redirectUris": ["http://x.example/*"],
        "directAccessGrants": True,
        "webOrigins": ["*"],
        "fullScopeAllowed": True,
    }
    program = snapshot([ResourceInput("provision:keycloak:Client", URN, client)], "prod")
    findings = evaluate(program, RulesConfig(levels={RULE.id: "advisory"})).findings
    severities = ("high", "medium", "low")
    places = [(item.level != "mandatory", severities.index(item.rule.severity)) for item in findings]
    assert {True, False} == {place[0] for place in places}
    assert len({place[1] for place in places}) > 1
    assert all(first <= second for first, second in pairwise(places))
