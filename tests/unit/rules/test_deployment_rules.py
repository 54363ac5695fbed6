"""What single rules let pass and what not, where one change of a good stack does not say it."""

from __future__ import annotations

import pytest

from provision.config.rules import RulesConfig
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.model import MASKED, UNKNOWN
from provision.rules.sources import program
from provision.rules.sources.resource_input import ResourceInput
from tests.support import good_stacks, kubernetes_program
from tests.support.mutations import Set, Where

CONTAINER = "docker:index/container:Container"


def judged(rule, stack, kind, values, **parameters):
    """A rule's report on a good stack whose first object of a kind has other values."""
    config = RulesConfig(parameters={rule: parameters})
    snapshot = Set(Where(kind), values)(good_stacks.good(stack))
    return evaluate(snapshot, config, only=[checks.rule(rule)])


@pytest.mark.parametrize(
    ("rule", "stack", "values", "parameters", "found"),
    [
        ("keycloak-plain-http", "kubernetes", {"http": True}, {}, False),
        ("keycloak-plain-http", "kubernetes", {"http": True, "proxyHeaders": None}, {}, True),
        ("keycloak-log-level", "dev", {"logLevel": "info,org.hibernate:debug"}, {}, False),
        ("keycloak-log-level", "dev", {"logLevel": "warn,org.keycloak:TRACE"}, {}, True),
        ("keycloak-version", "kubernetes", {"version": "26.6.7"}, {}, True),
        (
            *("keycloak-version", "kubernetes", {"version": "26.6.7"}),
            *({"accepted": ["CVE-2026-18206", "CVE-2026-18208", "CVE-2026-18211"]}, False),
        ),
        ("keycloak-replicas", "kubernetes", {"replicas": 1.0}, {"atLeast": 1}, False),
        ("keycloak-access-log", "dev", {"accessLogPattern": "%h %{i,User-Agent}"}, {}, False),
        ("keycloak-access-log", "dev", {"accessLogPattern": "%{i,COOKIE}"}, {}, True),
        ("server-plain-http", "kubernetes", {"tls": False}, {}, True),
        ("server-plain-http", "dev", {"url": "http://localhost.:3000/mcp"}, {}, False),
        ("server-plain-http", "dev", {"url": "mcp.example.org/mcp", "tls": True}, {}, False),
        ("server-plain-http", "dev", {"url": "http://[x/mcp"}, {}, True),
        ("keycloak-plain-http", "dev", {"url": "login.example.org"}, {}, False),
        ("keycloak-plain-http", "dev", {"url": "http://[x"}, {}, True),
        ("server-plain-http-to-keycloak", "dev", {"introspectionUrl": "keycloak:8080/x"}, {}, False),
        ("server-plain-http-to-keycloak", "dev", {"introspectionUrl": "http://keycloak:8080/x"}, {}, False),
        ("server-plain-http-to-keycloak", "dev", {"introspectionUrl": "http://[x"}, {}, True),
        ("keycloak-admin-hostname", "kubernetes", {"adminHostname": "admin.example.org:8443"}, {}, False),
        ("keycloak-admin-hostname", "kubernetes", {"adminHostname": "login.example.org:8443"}, {}, True),
        ("keycloak-admin-hostname", "kubernetes", {"adminHostname": "https://[x"}, {}, True),
        ("keycloak-admin-hostname", "kubernetes", {"adminHostname": ""}, {}, True),
        (
            *("server-plain-http-to-keycloak", "kubernetes"),
            *({"introspectionUrl": "http://keycloak:8080/realms/mcp"}, {}, True),
        ),
        (
            *("server-plain-http-to-keycloak", "kubernetes"),
            *({"introspectionUrl": "http://keycloak.login.svc/x"}, {"plainHosts": ["keycloak.login.svc"]}, False),
        ),
        ("container-capabilities", "docker", {"capabilitiesAdded": ["CAP_NET_RAW"]}, {}, True),
        (
            *("container-capabilities", "docker", {"capabilitiesAdded": ["CAP_NET_RAW"]}),
            *({"allowed": ["NET_RAW"]}, False),
        ),
        ("container-engine-socket", "docker", {"mounts": ["/var/run/"]}, {}, True),
        ("container-engine-socket", "docker", {"mounts": ["/"]}, {}, True),
        ("container-engine-socket", "docker", {"mounts": ["/srv/run"]}, {}, False),
        ("container-root", "docker", {"user": "root"}, {}, True),
        ("container-new-privileges", "docker", {"securityOptions": ["no-new-privileges=true"]}, {}, False),
        ("secret-in-environment", "docker", {"environment": {"A_TOKEN": "x"}}, {"allowed": ["A_TOKEN"]}, False),
        ("secret-in-environment", "docker", {"environment": {"A_TOKEN": UNKNOWN}}, {}, True),
        ("secret-in-environment", "docker", {"environment": {"A_TOKEN": ""}}, {}, False),
        ("secret-in-environment", "docker", {"environment": {"ADDRESS": UNKNOWN}}, {}, False),
    ],
)  # fmt: skip
def test_a_rule_finds_that_and_nothing_else(rule, stack, values, parameters, found):
    report = judged(rule, stack, checks.rule(rule).on[0], values, **parameters)
    assert bool(report.findings) is found
    assert report.inconclusive == ()


@pytest.mark.parametrize(
    ("rule", "stack", "kind", "values"),
    [
        ("keycloak-version", "kubernetes", "KeycloakServer", {"version": "nightly"}),
        ("secret-in-environment", "docker", "Container", {"environment": {"?": MASKED}}),
        ("secret-in-arguments", "docker", "Container", {"arguments": ["start", MASKED]}),
        ("server-issuer-exact", "dev", "KeycloakServer", {"url": UNKNOWN}),
    ],
)
def test_a_rule_does_not_guess(rule, stack, kind, values):
    report = judged(rule, stack, kind, values)
    assert report.findings == ()
    assert [inconclusive.rule.id for inconclusive in report.inconclusive] == [rule]


def test_a_hidden_argument_hides_no_secret_that_can_be_seen():
    report = judged("secret-in-arguments", "docker", "Container", {"arguments": ["--password=x", MASKED]})
    assert report.findings
    assert report.inconclusive


def test_the_first_administrators_secret_is_found_once():
    for properties in (
        {"image": "quay.io/keycloak/keycloak:26.8.0", "envs": ["KC_BOOTSTRAP_ADMIN_PASSWORD=of-a-test"]},
        {"image": "my-login:1", "command": ["start", "--bootstrap-admin-client-secret=of-a-test"]},
    ):
        snapshot = program.snapshot([ResourceInput(CONTAINER, "c", properties)], "dev")
        found = [finding.rule.id for finding in evaluate(snapshot, RulesConfig()).findings]
        assert found.count("keycloak-bootstrap-secret") == 1
        assert not {"secret-in-environment", "secret-in-arguments"} & set(found)


def test_an_issuer_without_a_keycloak_to_compare_with_is_believed():
    inputs = {"name": "own", "port": 3000.0, "issuer": "https://login.example.org/realms/mcp"}
    snapshot = program.snapshot([ResourceInput("provision:process:McpServer", "own", inputs)], "dev")
    report = evaluate(snapshot, RulesConfig(), only=[checks.rule("server-issuer-exact")])
    assert report.findings == ()


def test_a_container_that_begins_a_pod_is_held_to_the_same():
    first = {"name": "first", "image": "busybox:1", "securityContext": {"privileged": True}}
    workload = kubernetes_program.workload(
        "Deployment", "calculator", kubernetes_program.server(), initContainers=[first]
    )
    report = evaluate(program.snapshot([workload], "prod"), RulesConfig())
    paths = {finding.rule.id: finding.path for finding in report.findings}
    assert paths["container-privileged"] == "spec.template.spec.initContainers[0].securityContext.privileged"
