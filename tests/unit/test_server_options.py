"""The options of an MCP server: what the user says reaches the server in each runtime, and the server takes it."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from provision.config.server import ServerConfig
from provision.config.server_options import ServerOptions
from provision.deployments import ServerNeeds, docker
from provision.runtimes.process.resources import mcp_server
from provision.server.settings import Settings

ISSUER = "http://localhost:8080/realms/mcp"
OTHER = {
    "tool_scopes": {"add_numbers": ["mcp:math"]},
    "verifier": "jwt",
    "cache_seconds": 60,
    "requests_per_minute": 0,
    "burst_requests": 7,
    "metrics": True,
    "allowed_origins": ["https://inspector.example.org"],
}
"""A value of each that is not its default."""


def process(**options):
    spec = mcp_server.McpServer(
        home="/srv/calculator",
        name="calculator",
        port=3000,
        issuer=ISSUER,
        scopes=["mcp:tools"],
        introspection_client_secret="s" * 16,
        **options,
    )
    return mcp_server._child(spec).files["settings.json"]


def container(**options):
    needs = ServerNeeds(issuer=ISSUER, scope="mcp:tools", client_id=None, client_secret="s" * 16)
    return json.dumps(docker._settings(ServerConfig(**options), needs, ISSUER, "http://localhost:3000"))


@pytest.mark.parametrize("runtime", [process, container])
@pytest.mark.parametrize("name", ServerOptions.model_fields)
def test_an_option_is_a_setting_of_the_same_name_and_default(runtime, name):
    setting = Settings.model_fields[name]
    assert setting.is_required() or setting.default == ServerOptions.model_fields[name].default
    said = json.loads(runtime(**{name: OTHER[name]}))
    assert said[name] == OTHER[name]
    taken = Settings.model_validate_json(json.dumps(said))
    assert json.loads(taken.model_dump_json(include={name})) == {name: OTHER[name]}


@pytest.mark.parametrize("runtime", [process, container])
@pytest.mark.parametrize("wrong", [{"cache_seconds": 61}, {"tool_scopes": {"x": ["two words"]}}])
def test_what_the_server_would_refuse_is_refused_before_it_starts(runtime, wrong):
    with pytest.raises(ValidationError):
        runtime(**wrong)
