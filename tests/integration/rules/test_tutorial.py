"""The realm of the MCP authorization tutorial, made step by step as it says, and what the audit finds in it.

The tutorial: https://modelcontextprotocol.io/docs/tutorials/security/authorization
"""

from __future__ import annotations

import pytest

from provision.config.rules import RulesConfig
from provision.keycloak.registration_policy import PROVIDER_TYPE
from provision.rules import live
from provision.rules.judgement import judge

REALM = "tutorial"
FOUND: set[str] = set()
"""The rules that it breaks, of those that look at a realm."""


def make_as_the_tutorial_says(session, realm):
    """Steps 3 to 6, in a realm that is as Keycloak makes it (the tutorial takes the master realm)."""
    session.post("", body={"realm": realm, "enabled": True})
    scope = session.post(
        realm,
        "client-scopes",
        body={
            "name": "mcp:tools",
            "protocol": "openid-connect",
            "attributes": {"include.in.token.scope": "true", "display.on.consent.screen": "true"},
        },
    )
    session.put(realm, "default-default-client-scopes", scope, body={})
    audience = {
        "included.custom.audience": "http://localhost:3000",
        "access.token.claim": "true",
        "id.token.claim": "false",
        "introspection.token.claim": "true",
    }
    mapper = {
        "name": "audience-config",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": audience,
    }
    session.post(realm, "client-scopes", scope, "protocol-mappers", "models", body=mapper)
    (policy,) = (
        item
        for item in session.get(realm, "components", type=PROVIDER_TYPE)
        if item["providerId"] == "trusted-hosts"
    )
    policy["config"] |= {"client-uris-must-match": ["false"], "trusted-hosts": ["192.168.65.1"]}
    session.put(realm, "components", policy["id"], body=policy)
    # "Client authentication" on; the console's form leaves the standard flow on and the others off.
    session.post(
        realm,
        "clients",
        body={"clientId": "mcp-server", "publicClient": False, "redirectUris": ["/*"], "webOrigins": ["/*"]},
    )


@pytest.fixture(scope="module")
def report(session):
    session.delete(REALM)
    make_as_the_tutorial_says(session, REALM)
    yield judge(live.landscape(session, REALM, "dev"), RulesConfig())
    session.delete(REALM)


def test_the_audit_finds_the_pitfalls_of_the_tutorial(report):
    assert {finding.rule.id for finding in report.findings} == FOUND


def test_nothing_of_the_realm_itself_is_out_of_sight(report):
    """What can't be told is about what runs beside the realm, or about Keycloak's server."""
    kinds = {"Container", "KeycloakServer", "McpServer", "Stack", "User", "ClientRole"}
    beyond = [item for item in report.undecided if not {*item.rule.on, *item.rule.beside} & kinds]
    assert [item.as_json() for item in beyond] == []
