"""Which scopes are of servers and how their URLs are written, as rules on audiences take it."""

from __future__ import annotations

import pytest

from provision.rules.definition import RuleContext
from provision.rules.helpers.audiences import SCOPES, audience_of, canonical, is_looked_for, is_of_a_server
from provision.rules.model import MASKED, UNKNOWN, Inconclusive, Resource, Snapshot
from provision.rules.sources.keycloak_resource import keycloak_resource


class Asking:
    """A rule that looks at all of it."""

    id, on, beside = "asking", ("ClientScope",), ("AudienceMapper", "McpServer")


def scope(name):
    return keycloak_resource("ClientScope", name, {"realm": "r", "name": name})


def context(*resources):
    return RuleContext(Snapshot(resources), Asking, SCOPES)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://mcp.example.org/mcp", "https://mcp.example.org/mcp"),
        ("https://mcp.example.org/mcp/", "https://mcp.example.org/mcp"),
        ("https://mcp.example.org/", "https://mcp.example.org"),
        ("HTTPS://MCP.example.org:443/Mcp", "https://mcp.example.org/Mcp"),
        ("http://localhost:3000/mcp#tools", "http://localhost:3000/mcp"),
        ("http://localhost:80/mcp", "http://localhost/mcp"),
        ("https://a:b@mcp.example.org/mcp", "https://mcp.example.org/mcp"),
        ("http://[::1]:3000/mcp", "http://[::1]:3000/mcp"),
        ("https://mcp.example.org:port/mcp", ""),
        ("https://[/mcp", ""),
        ("https:///mcp", ""),
    ],
)
def test_a_url_is_written_in_one_way(url, written):
    assert canonical(url) == written


@pytest.mark.parametrize(
    ("name", "expected"),
    [("mcp:tools", True), ("mcp:math:multiply", False), ("mcp", False), ("hr", False), ("basic", False)],
)
def test_a_realm_alone_tells_servers_scopes_by_their_names(name, expected):
    assert is_of_a_server(scope(name), context()) is expected


def test_a_realm_alone_tells_a_servers_scope_by_its_audience():
    values = {"realm": "r", "scope": "hr", "name": "a", "includedCustomAudience": "https://hr.example.org"}
    mapper = keycloak_resource("AudienceMapper", "a", values)
    assert is_of_a_server(scope("hr"), context(mapper))
    elsewhere = keycloak_resource("AudienceMapper", "a", {**values, "realm": "other"})
    assert not is_of_a_server(scope("hr"), context(elsewhere))


def test_a_server_tells_which_scopes_are_its_own_and_which_its_tools_need_besides():
    server = Resource("McpServer", "s", {"scopes": ["hr"], "toolScopes": {"pay": ["mcp:pay"]}})
    assert is_of_a_server(scope("hr"), context(server))
    assert not is_of_a_server(scope("mcp:pay"), context(server))
    assert is_looked_for(scope("mcp:pay"), context(server))
    assert is_looked_for(scope("mcp:math:multiply"), context())
    assert not is_looked_for(scope("phone"), context(server))


def test_a_server_whose_settings_are_elsewhere_has_its_url_as_audience():
    url = "https://mcp.example.org/mcp"
    assert audience_of(Resource("McpServer", "s", {"url": url, "audience": MASKED})) == url
    assert audience_of(Resource("McpServer", "s", {"url": url, "audience": f"{url}/"})) == f"{url}/"
    with pytest.raises(Inconclusive):
        audience_of(Resource("McpServer", "s", {"url": UNKNOWN, "audience": MASKED}))
