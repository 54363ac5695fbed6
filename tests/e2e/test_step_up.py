"""A tool that needs more than the others, from the stack file to the official client's second login."""

from __future__ import annotations

import httpx2
from mcp.client import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata
from pydantic import AnyUrl

from tests.e2e.test_mcp_client import Storage
from tests.support.browser import browser, redirect

_FURTHER = "mcp:math:multiply"
_MORE = f"""\
  provision:server:
    toolScopes:
      multiply_numbers: [{_FURTHER}]
"""


async def test_a_tools_own_scope_is_asked_for_when_it_is_needed(stack, tmp_path):
    file = stack.project / "Pulumi.test.yaml"
    stack.run("up")  # the scope comes to a stack that has its clients already
    file.write_text(file.read_text() + _MORE)
    stack.run("up")
    assert stack.json("preview") == {"changes": []}
    proofs = {proof["id"]: proof for proof in stack.json("verify")["proofs"]}
    assert "step-up" in proofs
    assert [proof for proof in proofs.values() if not proof["ok"]] == []

    shown = stack.json("status", "--show-secrets")
    server, user = shown["servers"][0], shown["demo_user"]
    consents: list[str] = []
    storage = Storage()
    with redirect() as sent_back, browser(tmp_path) as person:
        storage.client = OAuthClientInformationFull(
            client_id="mcp-client", redirect_uris=[AnyUrl(sent_back.uri)], token_endpoint_auth_method="none"
        )

        async def open_browser(url: str) -> None:
            person.open(url)
            # This client asks for offline access, and Keycloak keeps no session in the browser for such a login.
            person.log_in(user["username"], user["password"])
            consents.append(person.consent())

        async def come_back() -> AuthorizationCodeResult:
            answer = sent_back.wait()
            return AuthorizationCodeResult(code=answer["code"], state=answer["state"], iss=answer.get("iss"))

        client = OAuthClientProvider(
            server_url=server["url"],
            client_metadata=OAuthClientMetadata(
                client_name="Step-up test",
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
            added = await session.call_tool("add_numbers", {"a": 2, "b": 40})
            assert added.structured_content["result"] == 42
            assert len(consents) == 1
            assert _FURTHER not in storage.tokens.scope.split()
            multiplied = await session.call_tool("multiply_numbers", {"x": 6, "y": 7})
            assert multiplied.structured_content["result"] == 42
    assert len(consents) == 2
    assert "Use multiply_numbers on your behalf" in consents[1]
    assert {"mcp:tools", _FURTHER} <= set(storage.tokens.scope.split())
