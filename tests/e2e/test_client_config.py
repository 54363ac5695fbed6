"""``provision client-config``: the file of each MCP client, and that Keycloak sends each back to where it listens."""

from __future__ import annotations

import json

import httpx
import pytest

from provision.config.mcp_clients import catalogue, configurable

_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize("client", configurable())
def test_standard_output_is_the_file_and_nothing_else(shared, client):
    said = shared.run("client-config", client)
    content = json.loads(said.stdout)
    url = shared.json("status")["servers"][0]["url"]
    (servers,) = content.values()
    assert servers["calculator"]["url"] == url
    assert "mcp-client" not in said.stdout  # the stack lets clients register themselves
    assert configurable()[client].path in said.stderr


def test_the_pre_registered_client_is_named_as_each_expects_it(shared):
    def entry(client):
        (servers,) = json.loads(shared.run("client-config", client, "--registered").stdout).values()
        return servers["calculator"]

    assert entry("vscode")["oauth"] == {"clientId": "mcp-client"}
    assert entry("claude-code")["oauth"] == {"clientId": "mcp-client"}
    assert entry("cursor")["auth"] == {"CLIENT_ID": "mcp-client", "scopes": ["mcp:tools"]}
    command = shared.json("client-config", "claude-code", "--registered")["command"]
    assert command.startswith("claude mcp add --transport http --client-id mcp-client calculator http")


@pytest.mark.parametrize(
    "uri", sorted({uri for item in catalogue().values() if item.file for uri in item.redirect_uris})
)
def test_keycloak_sends_the_pre_registered_client_back_to_where_it_listens(shared, uri):
    at_any_port = uri.replace("http://localhost/", "http://localhost:51234/")
    query = {
        "client_id": "mcp-client",
        "response_type": "code",
        "redirect_uri": at_any_port,
        "scope": "mcp:tools",
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }
    login = f"{shared.json('status')['issuer']}/protocol/openid-connect/auth"
    assert httpx.get(login, params=query).status_code == 200
    assert httpx.get(login, params=query | {"redirect_uri": f"{uri}x"}).status_code == 400


def test_what_is_missing_is_named(shared):
    assert (
        "declares no client 'nobody'"
        in shared.run("client-config", "cursor", "--client-id", "nobody", code=2).stderr
    )
    file = shared.project / "Pulumi.test.yaml"
    before = file.read_text()
    file.write_text(
        before + "  provision:clients: [{clientId: own, redirectUris: ['http://localhost/callback']}]\n"
    )
    try:
        said = shared.run("client-config", "cursor", "--registered", code=2).stderr
        assert "http://localhost:8787/callback" in said
        assert "redirectUris of own" in said
    finally:
        file.write_text(before)


def test_a_stack_that_is_not_up_says_so(stack):
    assert "is not up" in stack.run("client-config", "vscode", code=1).stderr
