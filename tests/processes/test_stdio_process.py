"""The server on standard input and output, started by the official client as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from mcp.client import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.support.server_process import SECRET, TOKEN

if TYPE_CHECKING:
    from pathlib import Path

_FURTHER = "mcp:math:multiply"


@pytest.fixture
def settings(document, tmp_path):
    """A file with settings, with some changed."""

    def settings(**changes: object) -> str:
        path = tmp_path / "settings.json"
        path.write_text(json.dumps({**document, "audit_file": str(tmp_path / "audit.jsonl"), **changes}))
        return str(path)

    return settings


@asynccontextmanager
async def _client(settings: str, errors: Path, **environment: str):
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "provision.server", "--stdio", "--settings", settings],
        env={**os.environ, **environment},
    )
    with errors.open("w") as log:
        async with (
            stdio_client(parameters, errlog=log) as (read, write),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            yield session


def _run(settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "provision.server", "--stdio", "--settings", settings]
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_the_official_client_lists_and_calls_the_same_tools(settings, tmp_path, authorization):
    authorization.up()
    errors = tmp_path / "errors"
    async with _client(settings(audit_file=None), errors, MCP_ACCESS_TOKEN=TOKEN) as session:
        listed = await session.list_tools()
        assert {tool.name for tool in listed.tools} == {"add_numbers", "multiply_numbers"}
        result = await session.call_tool("multiply_numbers", {"x": 6, "y": 7})
        assert result.structured_content["result"] == 42
        wrong = await session.call_tool("add_numbers", {"a": "x"})
        assert wrong.is_error
        authorization.tokens.clear()
        refused = await session.call_tool("add_numbers", {"a": 1, "b": 2})
        assert refused.content[0].text.startswith("The access token is not accepted. Correlation id: ")
    written = errors.read_text()
    call, failed, refusal = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert (call["tool"], call["outcome"]) == ("multiply_numbers", "ok")
    assert (call["subject"], call["client"], call["scopes"]) == ("subject-1", "client-1", ["mcp:tools"])
    assert failed["outcome"] == "error"
    assert refusal["reason"] == "inactive"
    assert TOKEN not in written
    assert SECRET not in written


def test_a_refused_token_ends_it_with_2_and_one_line(settings, authorization):
    authorization.up()
    done = _run(settings(), MCP_ACCESS_TOKEN="hush")
    assert done.returncode == 2
    assert done.stderr == "error: the access token is refused: inactive\n"
    assert done.stdout == ""


def test_it_ends_when_the_client_closes_its_input_and_by_a_signal(settings, authorization):
    authorization.up()
    path = settings()
    assert _run(path, MCP_ACCESS_TOKEN=TOKEN).returncode == 0
    command = [sys.executable, "-m", "provision.server", "--stdio", "--settings", path]
    process = subprocess.Popen(
        command,
        env={**os.environ, "MCP_ACCESS_TOKEN": TOKEN},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline() == "demo serves on standard input and output\n"
    process.send_signal(signal.SIGTERM)
    written, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert written == ""
