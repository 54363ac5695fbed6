"""The set-up of the MCP authorization tutorial, and what people do to make it work, as a program declares them."""

from __future__ import annotations

import pytest

from provision.config.rules import RulesConfig
from provision.rules.evaluation import evaluate
from provision.rules.sources.program import snapshot
from provision.rules.sources.resource_input import ResourceInput

TOOLS = {
    "realm": "tutorial",
    "name": "mcp:tools",
}
AUDIENCE = {
    "realm": "tutorial",
    "scope": "mcp:tools",
    "name": "audience-config",
    "includedCustomAudience": "http://localhost:3000",
}
HOSTS = {"realm": "tutorial", "trustedHosts": ["172.17.0.1"], "clientUrisMustMatch": False}
CLIENT = {"realm": "tutorial", "clientId": "test-client", "access": "confidential"}
INTROSPECTION = {**AUDIENCE, "name": "introspection", "includedClientAudience": "test-client"}
del INTROSPECTION["includedCustomAudience"]
GROUPS = {"registration", "audience", "scopes"}


def found(profile="dev", *more, **changed):
    """The rules of these groups that are broken, by the tutorial with some objects changed or others besides."""
    objects = {
        "Realm": {"name": "tutorial"},
        "ClientScope": TOOLS,
        "RealmClientScopeAssignment": {"realm": "tutorial", "scope": "mcp:tools"},
        "AudienceMapper": AUDIENCE,
        "TrustedHostsPolicy": HOSTS,
        "Client": CLIENT,
        **changed,
    }
    declared = [*objects.items(), *more]
    resources = [
        ResourceInput(f"provision:keycloak:{kind}", kind, values) for kind, values in declared if values
    ]
    report = evaluate(snapshot(resources, profile), RulesConfig())
    return {finding.rule.id for finding in report.findings if finding.rule.group in GROUPS}


def test_the_tutorial_lets_logins_lead_anywhere_and_can_not_introspect():
    assert found() == {"registration-client-uris", "introspection-client-audience"}
    assert found("prod") == found() | {"registration-in-production"}


def test_put_right_it_breaks_none():
    hosts = {**HOSTS, "trustedHosts": ["localhost", "vscode.dev"], "clientUrisMustMatch": True}
    assert found("dev", ("AudienceMapper", INTROSPECTION), TrustedHostsPolicy=hosts) == set()


@pytest.mark.parametrize(
    ("rule", "more", "changed"),
    [
        # The audience is left out, named like an API, or put where every client has it.
        ("scope-without-audience", [], {"AudienceMapper": None}),
        ("audience-generic", [], {"AudienceMapper": {**AUDIENCE, "includedCustomAudience": "api"}}),
        (
            "audience-canonical",
            [],
            {"AudienceMapper": {**AUDIENCE, "includedCustomAudience": "http://localhost:3000/"}},
        ),
        ("audience-built-in-scope", [], {"AudienceMapper": {**AUDIENCE, "scope": "basic"}}),
        ("audience-on-client", [], {"AudienceMapper": {**AUDIENCE, "scope": "", "client": "test-client"}}),
        ("scope-in-token", [], {"ClientScope": {**TOOLS, "inTokenScope": False}}),
        # A second server comes into the same scope.
        (
            "scope-of-two-servers",
            [
                (
                    "AudienceMapper",
                    {**AUDIENCE, "name": "two", "includedCustomAudience": "http://localhost:3001"},
                )
            ],
            {},
        ),
        # Registration fails, so its checks go one by one.
        (
            "registration-sender",
            [],
            {"TrustedHostsPolicy": {**HOSTS, "hostSendingRegistrationRequestMustMatch": False}},
        ),
        (
            "registration-wildcard-hosts",
            [],
            {"TrustedHostsPolicy": {**HOSTS, "trustedHosts": ["*.ngrok.io"]}},
        ),
        ("registration-max-clients", [("MaxClientsPolicy", {"realm": "tutorial", "maxClients": 10000})], {}),
        (
            "registration-mapper-types",
            [
                (
                    "AllowedProtocolMappersPolicy",
                    {"realm": "tutorial", "allowedProtocolMapperTypes": ["oidc-audience-mapper"]},
                )
            ],
            {},
        ),
    ],
)
def test_a_way_out_that_is_worse_is_found(rule, more, changed):
    assert rule not in found()
    assert rule in found("dev", *more, **changed)
