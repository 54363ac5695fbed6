"""The server on standard input and output, asked in this process."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError
from mcp.shared.exceptions import MCPError

from provision.server.app import build_server
from provision.server.audit import AuditTrail
from provision.server.credentials import Credentials
from provision.server.guard import build_verifier
from provision.server.settings import Settings, SettingsError
from provision.server.stdio import Gate

if TYPE_CHECKING:
    from pathlib import Path

_FURTHER = "mcp:math:multiply"


def _audit(tmp_path) -> list[dict]:
    return [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]


def _file(tmp_path: Path, token: str) -> Path:
    path = tmp_path / "token"
    path.unlink(missing_ok=True)
    path.write_text(token + "\n")
    path.chmod(0o400)
    return path


@asynccontextmanager
async def _in_process(base, stand_in, environment, **changes):
    """The same server in this process, without the pipes."""
    settings = Settings.model_validate_json(json.dumps({**base, "cache_seconds": 0, **changes}))
    verifier = build_verifier(settings, stand_in)
    audit = AuditTrail(settings.audit_file)
    gate = Gate(settings, audit, verifier, Credentials(environment))
    await gate.refuse_to_start()
    async with Client(build_server(settings, audit, outermost=[gate])) as client:
        yield client


async def test_a_revoked_token_is_an_error_of_the_call(settings_document, stand_in, tmp_path):
    token = {"MCP_ACCESS_TOKEN": stand_in.issue()}
    async with _in_process(settings_document, stand_in, token) as client:
        await client.call_tool("add_numbers", {"a": 1, "b": 2})
        stand_in.tokens.clear()
        with pytest.raises(ToolError) as refused:
            await client.call_tool("add_numbers", {"a": 1, "b": 2})
        _, line = _audit(tmp_path)
        assert (line["reason"], line["tool"], line["status"]) == ("inactive", "add_numbers", None)
        assert (line["decision"], line["duration_ms"] > 0) == ("refused", True)
        assert str(refused.value) == (
            f"The access token is not accepted. Correlation id: {line['correlation_id']}"
        )
        with pytest.raises(MCPError, match=r"The access token is not accepted\. Correlation id: "):
            await client.list_tools()


async def test_an_outage_is_said_to_be_one_and_ends_by_itself(settings_document, stand_in, tmp_path):
    token = {"MCP_ACCESS_TOKEN": stand_in.issue()}
    async with _in_process(settings_document, stand_in, token) as client:
        stand_in.failure = httpx2.ConnectError("refused")
        with pytest.raises(ToolError, match=r"cannot be checked at the moment; try again\. Correlation id: "):
            await client.call_tool("add_numbers", {"a": 1, "b": 2})
        stand_in.failure = None
        await client.call_tool("add_numbers", {"a": 1, "b": 2})
    assert _audit(tmp_path)[0]["reason"].startswith("authorization_server_unreachable:")


@pytest.mark.parametrize("verifier", ["introspection", "jwt"])
async def test_a_file_is_read_again_when_its_token_has_expired(
    settings_document, stand_in, tmp_path, monkeypatch, verifier
):
    make = (
        stand_in.issue if verifier == "introspection" else lambda _name, **changes: stand_in.sign(**changes)
    )
    environment = {"MCP_ACCESS_TOKEN_FILE": str(_file(tmp_path, make("first")))}
    async with _in_process(settings_document, stand_in, environment, verifier=verifier) as client:
        later = time.time() + 61
        monkeypatch.setattr("provision.server.claims.time", lambda: later)
        monkeypatch.setattr("fastmcp.server.auth.providers.jwt.time.time", lambda: later)
        with pytest.raises(ToolError):
            await client.call_tool("add_numbers", {"a": 1, "b": 2})
        _file(tmp_path, make("fresh", exp=int(later) + 60, sub="subject-2"))
        await client.call_tool("add_numbers", {"a": 1, "b": 2})
    refusal, call = _audit(tmp_path)
    assert refusal["reason"] == "expired"
    assert call["subject"] == "subject-2"


async def test_a_tools_own_scope_is_needed_and_a_step_up_through_the_file_is_enough(
    settings_document, stand_in, tmp_path
):
    environment = {"MCP_ACCESS_TOKEN_FILE": str(_file(tmp_path, stand_in.issue("less")))}
    further = {"multiply_numbers": [_FURTHER]}
    async with _in_process(settings_document, stand_in, environment, tool_scopes=further) as client:
        with pytest.raises(ToolError, match=f"lacks a scope that is needed: {_FURTHER}. Correlation id: "):
            await client.call_tool("multiply_numbers", {"x": 6, "y": 7})
        await client.call_tool("add_numbers", {"a": 1, "b": 2})
        _file(tmp_path, stand_in.issue("more", scope=f"mcp:tools {_FURTHER}"))
        await client.call_tool("multiply_numbers", {"x": 6, "y": 7})
    refusal, *calls = _audit(tmp_path)
    assert (refusal["reason"], refusal["tool"]) == ("insufficient_scope", "multiply_numbers")
    assert [call["outcome"] for call in calls] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": 1}, "expired"),
        ({"scope": "openid"}, "insufficient_scope"),
        ({"aud": "http://localhost:3000/other"}, "wrong_audience"),
    ],
)
async def test_it_says_why_it_does_not_start(settings_document, stand_in, changes, reason):
    token = {"MCP_ACCESS_TOKEN": stand_in.issue(**changes)}
    with pytest.raises(SettingsError, match=f"^the access token is refused: {reason}$"):
        async with _in_process(settings_document, stand_in, token):
            pass


async def test_during_an_outage_it_does_not_start(settings_document, stand_in):
    stand_in.failure = httpx2.ConnectError("refused")
    with pytest.raises(
        SettingsError, match=r"^the access token is refused: authorization_server_unreachable"
    ):
        async with _in_process(settings_document, stand_in, {"MCP_ACCESS_TOKEN": "hush"}):
            pass


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "MCP_ACCESS_TOKEN, MCP_ACCESS_TOKEN_FILE: one of the two must be set in the environment"),
        ({"MCP_ACCESS_TOKEN": "hush hush"}, "MCP_ACCESS_TOKEN: must be an access token and nothing else"),
        ({"MCP_ACCESS_TOKEN": ""}, "MCP_ACCESS_TOKEN: must be an access token and nothing else"),
        ({"MCP_ACCESS_TOKEN_FILE": "/no/such"}, "MCP_ACCESS_TOKEN_FILE: /no/such: No such file or directory"),
    ],
)
def test_what_is_no_token_is_said_and_not_repeated(environment, problem):
    with pytest.raises(SettingsError) as raised:
        Credentials(environment)
    assert raised.value.problems == [problem]


def test_the_token_is_taken_out_of_the_environment():
    environment = {"MCP_ACCESS_TOKEN": "hush", "OTHER": "x"}
    assert Credentials(environment).token == "hush"
    assert environment == {"OTHER": "x"}


def test_both_variables_are_one_too_many():
    environment = {"MCP_ACCESS_TOKEN": "hush", "MCP_ACCESS_TOKEN_FILE": "/x"}
    with pytest.raises(SettingsError, match="one of the two"):
        Credentials(environment)
    assert "MCP_ACCESS_TOKEN" not in environment


def test_a_file_that_others_can_read_is_refused(tmp_path):
    file = _file(tmp_path, "hush")
    file.chmod(0o444)
    with pytest.raises(SettingsError, match="chmod 0400") as raised:
        Credentials({"MCP_ACCESS_TOKEN_FILE": str(file)})
    assert "hush" not in str(raised.value)


def test_a_file_that_went_away_leaves_the_token_that_there_was(tmp_path, caplog):
    file = _file(tmp_path, "first")
    credentials = Credentials({"MCP_ACCESS_TOKEN_FILE": str(file)})
    assert not credentials.renew()
    file.unlink()
    assert not credentials.renew()
    assert credentials.token == "first"
    assert "No such file" in caplog.text
    _file(tmp_path, "second")
    assert credentials.renew()
    assert credentials.token == "second"
