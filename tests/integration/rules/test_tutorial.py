"""The realm of the MCP authorization tutorial, made step by step as it says, and what the audit finds in it.

The tutorial: https://modelcontextprotocol.io/docs/tutorials/security/authorization
"""

from __future__ import annotations

import pytest

from provision.config.rules import RulesConfig
from provision.keycloak.bases.registration_policy import PROVIDER_TYPE
from provision.rules.evaluation import evaluate
from provision.rules.model import MASKED, Snapshot
from provision.rules.sources import live, state
from provision.rules.sources.adapters.program import Program
from provision.rules.sources.adapters.server_settings import mcp_server, properties_of_settings

REALM = "tutorial"
FOUND = {
    "admin-cli-passwords",
    "client-full-scope",
    "client-pkce",
    "client-wildcard-redirect",
    "offline-session-lifespan",
    "realm-admin-events",
    "realm-brute-force",
    "realm-login-events",
    "refresh-token-reuse",
    "registration-client-uris",
}
"""The rules that its realm breaks: three by the client as the console's form makes it, one by turning a check of the
registration off, all others by what Keycloak leaves off in a new realm."""
FOUND_WITH_ITS_SERVER = {
    "introspection-client-audience",
    "introspection-client-logs-users-in",
    "server-issuer-exact",
}
"""Those that are broken too, once it is known that the server introspects as that client: a realm alone does not tell
what a client is for that may log users in. What is about containers and Keycloak's start, only a stack tells."""
SERVER = {
    "name": "tutorial",
    "url": "http://localhost:3000",
    "verifier": "introspection",
    "introspection_client_id": "mcp-server",
    "scopes": ["mcp:tools"],
}
"""The tutorial's Python server, as its config.py sets it up."""


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
def seen(session):
    session.delete(REALM)
    make_as_the_tutorial_says(session, REALM)
    yield live.snapshot(session, REALM, "dev")
    session.delete(REALM)


@pytest.fixture(scope="module")
def report(seen):
    return evaluate(seen, RulesConfig())


def found_in(report):
    """What is not about the Keycloak of these tests."""
    return {finding.rule.id for finding in report.findings if "KeycloakServer" not in finding.rule.on}


def test_the_audit_finds_the_pitfalls_of_the_tutorial(report):
    assert found_in(report) == FOUND


def test_more_is_found_with_the_server_of_the_tutorial_beside(session, seen):
    issuer = f"{session.url}/realms/{REALM}/"  # the tutorial's has a slash that Keycloak's has not
    introspection = f"{issuer}protocol/openid-connect/token/introspect"
    settings = {**SERVER, "issuer": issuer, "introspection_url": introspection}
    server = mcp_server(
        "server", {**properties_of_settings(settings), "loopback": True}, own=Program(), paths={}
    )
    report = evaluate(state.surrounded(seen, Snapshot((server,), "dev")), RulesConfig())
    assert found_in(report) == FOUND | FOUND_WITH_ITS_SERVER


def test_nothing_of_the_realm_itself_is_out_of_sight(report):
    """What can't be told is a secret, or about what runs beside the realm, or about Keycloak's server."""
    kinds = {"Container", "KeycloakServer", "McpServer", "Resource", "Stack", "User", "ClientRole"}
    beyond = [item for item in report.inconclusive if not {*item.rule.on, *item.rule.beside} & kinds]
    assert [item.as_json() for item in beyond if item.why != repr(MASKED)] == []
