"""The official MCP SDK's client against a stack, of processes and of containers, in both eras of the protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from mcp.client.auth import OAuthFlowError

from tests.support.browser import browser, redirect
from tests.support.contained_stack import ContainedStack
from tests.support.mcp_application import Application
from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcp.client import Client

_FURTHER = "mcp:math:multiply"
_MORE = f"""\
  provision:server:
    cacheSeconds: 0
    toolScopes:
      multiply_numbers: [{_FURTHER}]
"""
_ERAS = {
    "2025-11-25": ("legacy", "initialize", "server/discover"),
    "2026-07-28": ("auto", "server/discover", "initialize"),
}


@pytest.fixture(scope="module", params=["process", "docker"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """A stack that is up, to which a tool's own scope came when it had its clients already.

    Whatever it runs in, the client and its user are on this machine: from a container's side, they come from outside.
    """
    folder = tmp_path_factory.mktemp("client")
    contained = request.param == "docker"
    stack = ContainedStack(folder, request.getfixturevalue("docker")) if contained else StackCli(folder)
    stack.run("up")
    file = stack.project / "Pulumi.test.yaml"
    file.write_text(file.read_text() + _MORE)
    stack.run("up")
    yield stack
    stack.clean_up()


@pytest.fixture(scope="module")
def shown(stack: StackCli) -> Any:
    return stack.json("status", "--show-secrets")


@pytest.fixture(params=_ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def application(shown: Any, era: str, tmp_path: Path) -> Iterator[Application]:
    with redirect() as sent_back, browser(tmp_path) as person:
        yield Application(
            shown["servers"][0]["url"], shown["demo_user"], person, sent_back, mode=_ERAS[era][0]
        )


def test_a_tools_own_scope_comes_to_a_stack_that_has_its_clients_already(stack):
    assert stack.json("preview")["changes"] == []
    said = stack.run("verify", "--json", code=None)
    proofs = {proof["id"]: proof for proof in json.loads(said.stdout)["proofs"]}
    assert "step-up" in proofs
    assert [(name, proof["detail"]) for name, proof in proofs.items() if not proof["ok"]] == []


async def test_the_official_client_finds_registers_logs_in_calls_and_refreshes(
    application, era, shown, tmp_path
):
    async with application.connected() as client:
        await assert_speaks(client, application, era)
        tools = await client.list_tools()
        assert {tool.name for tool in tools.tools} == {"add_numbers", "multiply_numbers"}
        await assert_adds(client)
        assert_found_registered_and_logged_in(application, shown)
        await assert_refreshes(client, application, shown)
    assert {picture.name for picture in tmp_path.glob("*.png")} == {"login.png", "consent.png"}


async def test_a_client_that_registered_for_less_registers_again_for_a_tool_that_needs_more(application):
    """Keycloak binds a client that registered with scopes to them, and this client always names those of the challenge."""
    refused = pytest.RaisesExc(OAuthFlowError, match="No authorization code received")
    with pytest.RaisesGroup(refused, flatten_subgroups=True):
        async with application.connected() as client:
            await assert_adds(client)
            await client.call_tool("multiply_numbers", {"x": 6, "y": 7})
    assert application.errors == ["invalid_scope"]
    first = application.storage.client
    async with application.connected() as client:
        await assert_adds(client)
    assert len(application.consents) == 1, "what was granted is not lost"

    application.storage.client = None
    async with application.connected() as client:
        await assert_multiplies(client)
        await assert_adds(client)
    (registration,) = application.sent.registrations()
    assert {"mcp:tools", _FURTHER} <= {*registration["scope"].split()}
    assert application.storage.client.client_id != first.client_id
    assert_stepped_up(application)


async def test_a_pre_registered_client_steps_up_in_the_middle_of_its_work(application, era, shown):
    application.use_registered("mcp-client")
    async with application.connected() as client:
        await assert_adds(client)
        assert len(application.consents) == 1
        assert _FURTHER not in application.storage.tokens.scope.split()
        await assert_multiplies(client)
        assert_stepped_up(application)
        await assert_refreshes(client, application, shown)
        await assert_multiplies(client)
    assert len(application.consents) == 2, "the refreshed token has what was granted"
    assert application.sent.registrations() == []


async def test_a_refresh_token_that_is_used_twice_ends_the_login(application, shown):
    async with application.connected() as client:
        await assert_adds(client)
        stolen = application.storage.tokens.refresh_token
        await assert_refreshes(client, application, shown)
        kept = application.storage.tokens

        refused = refresh(shown, application, stolen)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        ended = refresh(shown, application, kept.refresh_token)
        assert (ended.status_code, ended.json()["error"]) == (400, "invalid_grant")

        await assert_adds(client)
        assert len(application.consents) == 2, "the access token is over as well, so the user logs in again"
        assert application.storage.tokens.access_token != kept.access_token


async def assert_speaks(client: Client, application: Application, era: str) -> None:
    """The client speaks the era's protocol, and not that of the other one."""
    _, hello, other = _ERAS[era]
    assert client.protocol_version == era
    assert hello in application.sent.messages()
    assert other not in application.sent.messages()


async def assert_adds(client: Client) -> None:
    added = await client.call_tool("add_numbers", {"a": 2, "b": 40})
    assert added.structured_content["result"] == 42


async def assert_multiplies(client: Client) -> None:
    multiplied = await client.call_tool("multiply_numbers", {"x": 6, "y": 7})
    assert multiplied.structured_content["result"] == 42


def assert_found_registered_and_logged_in(application: Application, shown: Any) -> None:
    assert application.sent.discovered() == [
        "/.well-known/oauth-protected-resource/mcp",
        f"/.well-known/oauth-authorization-server{urlsplit(shown['issuer']).path}",
    ]
    (registration,) = application.sent.registrations()
    assert "mcp:tools" in registration["scope"].split()
    assert application.sent.grants() == ["authorization_code"]
    (consent,) = application.consents
    assert "Use the tools of the MCP server on your behalf" in consent
    assert application.storage.client.client_id
    granted = application.storage.tokens.scope.split()
    assert "mcp:tools" in granted
    assert _FURTHER not in granted


def assert_stepped_up(application: Application) -> None:
    assert len(application.consents) == 2
    assert "Use multiply_numbers on your behalf" in application.consents[1]
    assert {"mcp:tools", _FURTHER} <= {*application.storage.tokens.scope.split()}


async def assert_refreshes(client: Client, application: Application, shown: Any) -> None:
    """Without the user, for other tokens; the former refresh token is not used up again by the client."""
    before, logins = application.storage.tokens, len(application.consents)
    application.let_time_pass()
    await assert_adds(client)
    after = application.storage.tokens
    assert application.sent.grants()[-1] == "refresh_token"
    assert after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token, "refresh tokens of public clients are rotated"
    assert {*after.scope.split()} == {*before.scope.split()}
    assert len(application.consents) == logins


def refresh(shown: Any, application: Application, token: str) -> httpx.Response:
    """What Keycloak answers to somebody who has the refresh token."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": application.storage.client.client_id,
    }
    return httpx.post(f"{shown['issuer']}/protocol/openid-connect/token", data=form, timeout=30)
