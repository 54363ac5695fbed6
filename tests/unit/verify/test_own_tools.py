"""The proofs run no tool of a server that is not the reference server, whatever that server does."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from provision.verify.errors import Failed
from provision.verify.proofs import step_up, tools
from tests.unit.verify.samples import TARGET

if TYPE_CHECKING:
    from provision.verify import Target
    from provision.verify.check import Evidence
    from provision.verify.context import Context

_FURTHER = "shop:wipe"
_OWN = replace(TARGET, tool_scopes={"wipe": (_FURTHER,), "add_numbers": (_FURTHER,)})


def _token(*scopes: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"scope": " ".join(scopes)}).encode()).decode().rstrip("=")
    return f"h.{payload}.s"


class OwnServer(httpx.BaseTransport):
    """An MCP server that would run each tool that it is asked for, with any arguments, and notes it.

    Args:
        guarded: Whether it is behind `provision.server.serve`; else it ignores the scopes.
        pages: The names of its tools, by pages.
    """

    def __init__(self, *pages: list[str], guarded: bool = False) -> None:
        self.guarded, self.pages = guarded, pages or (["wipe", "add_numbers"],)
        self.ran: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        message = json.loads(request.read() or b"{}")
        method, params = message.get("method"), message.get("params") or {}
        if method == "tools/call":
            self.ran.append(params)
        if method == "initialize":
            return self._result(message, {"protocolVersion": "2025-11-25"})
        if method == "tools/list":
            page = int(params.get("cursor", 0))
            more = {"nextCursor": str(page + 1)} if page + 1 < len(self.pages) else {}
            return self._result(message, {"tools": [{"name": name} for name in self.pages[page]], **more})
        if method == "provision/scopes" and self.guarded:
            if (
                _FURTHER
                in json.loads(
                    base64.urlsafe_b64decode(request.headers["authorization"].split(".")[1] + "===")
                )["scope"]
            ):
                return self._result(message, {"scopes": []})
            asked = f'Bearer error="insufficient_scope", scope="mcp:tools {_FURTHER}"'
            return httpx.Response(403, headers={"www-authenticate": asked})
        return httpx.Response(
            200, json={"jsonrpc": "2.0", "id": message.get("id"), "error": {"code": -32601, "message": "?"}}
        )

    @staticmethod
    def _result(message: Any, result: Any) -> httpx.Response:
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": message["id"], "result": result})


@pytest.fixture
def prove(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a proof against a server; the logins are stand-ins that grant what they are asked for."""

    def log_in(_context: Any, _server: Any, _client: str, _redirect: str, *, further_scopes: Any = ()) -> Any:
        return SimpleNamespace(access_token=_token("mcp:tools", *further_scopes))

    def run(check: Any, server: OwnServer, target: Target = _OWN) -> Evidence[None]:
        login = SimpleNamespace(access_token=_token("mcp:tools"), client_id="c", redirect_uri="r")
        needed = {"login-pre-registered": login, "token": login.access_token}
        context: Context = SimpleNamespace(  # type: ignore[assignment]  # a stand-in
            target=target, http=httpx.Client(transport=server), need=lambda check: needed.get(check.id)
        )
        return check.run(context)  # type: ignore[no-any-return]

    monkeypatch.setattr(step_up, "log_in", log_in)
    return run


@pytest.mark.parametrize("guarded", [True, False])
def test_the_step_up_runs_no_tool(prove: Any, guarded: bool) -> None:  # noqa: FBT001
    server = OwnServer(guarded=guarded)
    found = prove(step_up.step_up, server)
    assert server.ran == []
    assert found.in_part is not guarded
    assert ("403 first" in found.detail) is guarded
    assert ("no tool" in found.detail) is True


def test_the_list_is_all_that_an_own_server_with_the_reference_servers_names_is_asked_for(prove: Any) -> None:
    server = OwnServer(["add_numbers", "multiply_numbers"])
    assert "none was called" in prove(tools.tools, server, replace(_OWN, tool_scopes={})).detail
    assert server.ran == []


@pytest.mark.parametrize("guarded", [True, False])
def test_a_tool_that_there_is_none_of_is_named_with_the_nearest_one(prove: Any, guarded: bool) -> None:  # noqa: FBT001
    server = OwnServer(["weather"], ["forecast"], guarded=guarded)
    with pytest.raises(Failed) as caught:
        prove(step_up.step_up, server, replace(TARGET, tool_scopes={"forcast": (_FURTHER,)}))
    assert caught.value.what == (
        "toolScopes names forcast, and the server has no such tool; did you mean forecast?"
    )


def test_a_tool_on_a_later_page_is_found(prove: Any) -> None:
    server = OwnServer(["weather"], ["forecast"], guarded=True)
    prove(step_up.step_up, server, replace(TARGET, tool_scopes={"forecast": (_FURTHER,)}))
    assert server.ran == []
