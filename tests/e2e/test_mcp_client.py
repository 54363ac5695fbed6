"""The official MCP SDK's client against a stack: discovery, registration, login in a browser, a tool call."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from mcp.client import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from pydantic import AnyUrl

from tests.support.browser import browser, redirect


class Storage:
    """Where the client keeps its registration and tokens: in memory."""

    def __init__(self):
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


@pytest.fixture
def shown(live):
    return live.json("status", "--show-secrets")


async def test_the_official_client_finds_registers_logs_in_and_calls(shown, tmp_path):
    server, user = shown["servers"][0], shown["demo_user"]
    storage = Storage()
    with redirect() as sent_back, browser(tmp_path) as person:

        async def open_browser(url: str) -> None:
            person.open(url)
            person.log_in(user["username"], user["password"])
            consent = person.consent()
            assert "Use the tools of the MCP server on your behalf" in consent

        async def come_back() -> AuthorizationCodeResult:
            parameters = sent_back.wait()
            return AuthorizationCodeResult(
                code=parameters["code"], state=parameters["state"], iss=parameters.get("iss")
            )

        client = OAuthClientProvider(
            server_url=server["url"],
            client_metadata=OAuthClientMetadata(
                client_name="End-to-end test",
                redirect_uris=[AnyUrl(sent_back.uri)],
                grant_types=["authorization_code", "refresh_token"],
                token_endpoint_auth_method="none",
            ),
            storage=storage,
            redirect_handler=open_browser,
            callback_handler=come_back,
        )
        async with (
            httpx2.AsyncClient(auth=client, timeout=30) as http,
            streamable_http_client(server["url"], http_client=http) as streams,
            ClientSession(*streams[:2]) as session,
        ):
            await session.initialize()
            tools = await session.list_tools()
            assert {tool.name for tool in tools.tools} == {"add_numbers", "multiply_numbers"}
            added = await session.call_tool("add_numbers", {"a": 2, "b": 40})
            assert added.structured_content["result"] == 42
            multiplied = await session.call_tool("multiply_numbers", {"x": 6, "y": 7})
            assert multiplied.structured_content["result"] == 42
    assert storage.client.client_id
    assert "mcp:tools" in storage.tokens.scope.split()
    assert {picture.name for picture in tmp_path.glob("*.png")} == {"login.png", "consent.png"}
