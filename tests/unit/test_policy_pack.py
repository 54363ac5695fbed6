"""The policy pack, asked as the engine asks it (without the engine)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as protocol

from provision.config.rules import RulesConfig
from provision.provider.wire import SECRET, SIGNATURE, UNKNOWNS
from provision.rules import checks, pack
from provision.rules.definition import Rule
from provision.rules.evaluation import evaluate
from provision.rules.model import Violation
from provision.rules.pack import Analyzer
from provision.rules.sources import program
from provision.rules.sources.resource_input import ResourceInput
from tests.support.good_stacks import profile, resources

CLIENT = "provision:keycloak:Client"
REALM = "provision:keycloak:Realm"
BROKEN = {"realm": "mcp", "clientId": "old", "access": "public", "directAccessGrants": True}
PASSWORD = "client-password-grant"


class RefusedError(Exception):
    """What the engine would show."""


class Context:
    """Of a call that fails."""

    def abort(self, code, text):
        assert code == grpc.StatusCode.INVALID_ARGUMENT
        raise RefusedError(text)


def resource(kind, name, values, message=protocol.AnalyzeRequest):
    made = message(type=kind, name=name, urn=f"urn:pulumi:dev::shop::{kind}::{name}")
    made.properties.update(values)
    return made


class Asked:
    """An analyzer after the engine's first calls.

    Args:
        stack: The stack's configuration under ``provision:``.
        pack: The configuration of policies.
    """

    def __init__(self, pack=None, **stack):
        self.analyzer = Analyzer()
        texts = {
            f"provision:{key}": text if isinstance(text, str) else json.dumps(text)
            for key, text in stack.items()
        }
        self.analyzer.ConfigureStack(protocol.AnalyzerStackConfigureRequest(config=texts), Context())
        self.policies = {
            policy.name: policy for policy in self.analyzer.GetAnalyzerInfo(empty_pb2.Empty(), None).policies
        }
        request = protocol.ConfigureAnalyzerRequest()
        for name, policy in self.policies.items():
            request.policyConfig[name].enforcementLevel = policy.enforcementLevel
        for name, (level, values) in (pack or {}).items():
            request.policyConfig[name].enforcementLevel = level
            request.policyConfig[name].properties.update(values)
        self.analyzer.Configure(request, Context())
        self.resources = []

    def about(self, kind, name, values):
        self.resources.append(resource(kind, name, values, protocol.AnalyzerResource))
        return self.analyzer.Analyze(resource(kind, name, values), Context())

    def about_all(self):
        return self.analyzer.AnalyzeStack(protocol.AnalyzeStackRequest(resources=self.resources), Context())


def told(response):
    return [
        (item.policyName, item.enforcementLevel, item.urn.rpartition("::")[2])
        for item in response.diagnostics
    ]


@pytest.fixture
def rules(monkeypatch):
    """Puts rules of the test in the book's place."""

    def put(*rules):
        monkeypatch.setattr(checks, "rules", lambda: rules)

    return put


def rule(id_="a-rule", **words):
    def check(resource, context):
        if resource.get("accessTokenLifespan") > context.parameters["seconds"]:
            yield Violation("accessTokenLifespan", "lives too long")

    given = {
        "id": id_,
        "severity": "low",
        "title": "Short",
        "why": "Because.",
        "fix": "x: 1",
        "see": "https://example.org",
        "on": ("Realm",),
        "check": check,
        "example": "Realm: accessTokenLifespan: 600",
        "parameters": {"seconds": 300, "hosts": ("a",), "strict": False},
        "in_production": {"seconds": 60},
    }
    return Rule(**{**given, **words})


@pytest.mark.parametrize("stack", ["dev", "docker", "prod"])
def test_it_says_of_a_whole_program_what_the_rules_say(stack):
    purpose = profile(stack)
    # A volume may have its container's name; URNs, by which the engine names resources, differ.
    made = [replace(item, name=f"{item.type}::{item.name}") for item in resources(stack)]
    broken = ResourceInput(CLIENT, "broken", {**BROKEN, "realm": "mcp"})
    session = pack.configured({"provision:profile": purpose})
    said = []
    for item in [*made, broken]:
        said += session.about_one(item).findings
    said += session.about_all([*made, broken]).findings
    wanted = evaluate(program.snapshot([*made, broken], purpose), RulesConfig()).findings
    assert sorted((item.rule.id, item.resource) for item in said) == sorted(
        (item.rule.id, item.resource) for item in wanted
    )
    assert (PASSWORD, "broken") in {(item.rule.id, item.resource) for item in said}


def test_each_rule_is_a_policy_with_its_words_and_its_configuration(rules):
    rules(rule(), replace(rule("b-rule"), beside=("Client",)))
    policies = Asked(profile="dev").policies
    assert policies["a-rule"].policy_type == protocol.POLICY_TYPE_RESOURCE
    assert policies["b-rule"].policy_type == protocol.POLICY_TYPE_STACK
    assert policies["a-rule"].url == "https://example.org"
    schema = policies["a-rule"].configSchema.properties
    assert dict(schema["seconds"]) == {"type": "integer", "default": 300}
    assert schema["hosts"]["items"]["type"] == "string"
    assert schema["strict"]["type"] == "boolean"
    assert "waivers" in schema
    assert Asked().policies["a-rule"].configSchema.properties["seconds"]["default"] == 60


def test_a_level_is_that_of_the_stacks_profile_and_a_stack_without_one_is_held_as_production(rules):
    rules(rule(ephemeral="advisory"), replace(rule("b-rule"), profiles=("prod",)))
    levels = {
        name: {id_: policy.enforcementLevel for id_, policy in asked.policies.items()}
        for name, asked in {
            "dev": Asked(profile="dev"),
            "prod": Asked(profile="prod"),
            "none": Asked(),
        }.items()
    }
    assert levels["dev"] == {"a-rule": protocol.ADVISORY, "b-rule": protocol.DISABLED}
    assert levels["prod"] == levels["none"] == {"a-rule": protocol.MANDATORY, "b-rule": protocol.MANDATORY}


def test_parameters_come_from_the_rule_the_stack_file_or_the_pack_the_last_of_them_first(rules):
    rules(rule())
    realm = {"name": "mcp", "accessTokenLifespan": 200}
    assert told(Asked(profile="dev").about(REALM, "realm", realm)) == []
    strict = {"parameters": {"a-rule": {"seconds": 100}}}
    found = [("a-rule", protocol.MANDATORY, "realm")]
    assert told(Asked(profile="dev", rules=strict).about(REALM, "realm", realm)) == found
    lax = {"a-rule": (protocol.MANDATORY, {"seconds": 250})}
    assert told(Asked(lax, profile="dev", rules=strict).about(REALM, "realm", realm)) == []


@pytest.mark.parametrize(
    ("pack", "stack", "words"),
    [
        ({"a-rul": (1, {})}, {}, "no rule 'a-rul'. Did you mean a-rule?"),
        ({"a-rule": (1, {"secnds": 1})}, {}, "no parameter 'secnds'. Did you mean seconds?"),
        (
            {"a-rule": (1, {"waivers": [{"reason": "x", "expires": "2999-01-01"}]})},
            {},
            "a-rule.waivers[0].reason",
        ),
        ({}, {"rules": {"levles": {}}}, "provision:rules.levles: unknown key"),
        ({}, {"rules": "advisory"}, "provision:rules"),
        ({}, {"profile": "production"}, "provision:profile: must be one of dev, test, staging, prod"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_place(rules, pack, stack, words):
    rules(rule())
    with pytest.raises(RefusedError) as raised:
        Asked(pack, **stack)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (min(UNKNOWNS), "not known yet"),
        ({SIGNATURE: SECRET, "value": True}, "not shown here"),
    ],
)
def test_what_can_not_be_seen_is_an_advice_and_neither_passes_nor_fails(value, why):
    asked = Asked()
    asked.about(REALM, "realm", {"name": "mcp"})
    response = asked.about(CLIENT, "old", {**BROKEN, "directAccessGrants": value})
    (found,) = (item for item in response.diagnostics if item.policyName == PASSWORD)
    assert found.enforcementLevel == protocol.ADVISORY
    assert found.message == f"can't be told: directAccessGrants is {why}"
    assert PASSWORD not in [name for name, *_ in told(asked.about_all())]  # once is enough


def test_the_secret_of_a_client_is_judged_and_not_shown():
    asked = Asked(profile="dev")
    asked.about(REALM, "realm", {"name": "mcp"})
    secret = {SIGNATURE: SECRET, "value": "changeme"}
    client = {"realm": "mcp", "clientId": "server", "access": "confidential", "secret": secret}
    response = asked.about(CLIENT, "server", client)
    (found,) = (item for item in response.diagnostics if item.policyName == "client-secret-weak")
    assert "fewer than 22 characters" in found.message
    assert 'secret: "[secret]"' in found.message
    assert "changeme" not in str(response).replace(
        "`changeme`", ""
    )  # the rule's own reason has it as an example


def test_of_a_keycloak_of_others_an_advice_is_not_made_of_what_only_they_know():
    asked = Asked(profile="dev")
    response = asked.about("pulumi:providers:provision", "admin", {"url": "https://login.example.org"})
    assert told(response) == []
    assert "keycloak-start-dev" in [item.policy_name for item in response.not_applicable]


def test_a_connection_to_a_keycloak_of_the_program_is_not_another_keycloak():
    asked = Asked(profile="dev")
    (keycloak,) = (item for item in resources("dev") if item.type == "provision:process:Keycloak")
    asked.about(keycloak.type, "keycloak", keycloak.properties)
    response = asked.about("pulumi:providers:provision", "admin", {"url": "http://localhost:8080"})
    assert told(response) == []
    assert [*response.not_applicable] == []


def test_a_waiver_is_not_in_silence():
    waiver = {"rule": PASSWORD, "reason": "goes away soon", "expires": "2999-12-31"}
    asked = Asked(rules={"waivers": [waiver]})
    response = asked.about(CLIENT, "old", BROKEN)
    assert PASSWORD not in [name for name, *_ in told(response)]
    (said,) = (item.reason for item in response.not_applicable if item.policy_name == PASSWORD)
    assert said.endswith("::old: waived until 2999-12-31: goes away soon")


def test_what_only_the_realm_can_tell_is_told_when_the_realm_is_seen(rules):
    """In a realm that is made here, what is not declared has its default; whose realm it is may come later."""

    def check(client, context):
        if not client.get("consentRequired"):
            yield Violation("consentRequired", "nobody is asked")

    rules(rule(on=("Client",), check=check))
    asked = Asked()
    response = asked.about(CLIENT, "old", {"realm": "mcp", "clientId": "old"})
    assert told(response) == []
    assert [item.policy_name for item in response.not_applicable] == ["a-rule"]
    asked.about(REALM, "realm", {"name": "mcp"})
    assert told(asked.about_all()) == [("a-rule", protocol.MANDATORY, "old")]
    assert told(asked.about(CLIENT, "new", {"realm": "mcp", "clientId": "new"})) == [
        ("a-rule", protocol.MANDATORY, "new")
    ]
    assert told(asked.about_all()) == [("a-rule", protocol.MANDATORY, "old")]  # the other was told


def test_a_rule_that_looks_beside_its_object_is_asked_when_all_is_known(rules):
    def check(realm, context):
        if context.none_of("Client"):
            yield Violation("", "has no client")

    rules(rule(check=check, beside=("Client",)))
    asked = Asked()
    assert told(asked.about(REALM, "realm", {"name": "mcp"})) == []
    assert told(asked.about_all()) == [("a-rule", protocol.MANDATORY, "realm")]
    asked.about(CLIENT, "old", BROKEN)
    assert told(asked.about_all()) == []


def test_the_pack_of_the_repository_starts_it():
    pack = Path(__file__).parents[2] / "policies"
    assert "provision.rules.pack import serve" in (pack / "__main__.py").read_text()
    assert (pack / "PulumiPolicy.yaml").read_text().startswith("name: provision\n")
