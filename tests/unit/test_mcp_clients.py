"""Each MCP client's facts stand in one module, from which the defaults of a stack follow."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from provision.config import mcp_clients
from provision.config.stack_config import StackConfig
from provision.rules import checks
from provision.verify import client_registration

_SERVER = mcp_clients.Server("calculator", "http://localhost:3000/mcp", ("mcp:tools",), "mcp-client")


def test_every_module_of_the_folder_is_a_client():
    modules = {path.stem for path in Path(mcp_clients.__file__).parent.glob("*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name in mcp_clients.catalogue()} == modules


@pytest.mark.parametrize("name", mcp_clients.catalogue())
def test_the_default_client_and_registration_let_it_in(name):
    client, config = mcp_clients.catalogue()[name], StackConfig()
    assert {*client.redirect_uris, *client.other_redirect_uris} <= set(config.clients[0].redirect_uris)
    assert set(client.hosts) <= set(config.registration.trusted_hosts)
    assert set(client.metadata_hosts) <= set(config.registration.client_id_metadata.trusted_domains)
    assert set(client.schemes) <= set(config.registration.redirect_schemes)


@pytest.mark.parametrize("name", mcp_clients.configurable())
def test_its_file_names_server_and_client(name):
    content = mcp_clients.configurable()[name].content([_SERVER])
    assert _SERVER.url in str(content)
    assert "mcp-client" in str(content)


_DOCS = Path(__file__).parents[2] / "docs"


def test_a_new_client_is_known_to_the_rule_of_foreign_redirects(monkeypatch):
    allowed = checks.rule("client-foreign-redirect").parameters["allowedHosts"]
    assert {host for client in mcp_clients.catalogue().values() for host in client.hosts} == {*allowed} - {
        "chatgpt.com"
    }
    assert {
        "chatgpt.com",
        "claude.ai",
        "claude.com",
        "insiders.vscode.dev",
        "vscode.dev",
        "www.cursor.com",
    } <= {*allowed}


def test_the_proof_registers_as_vs_code_does(monkeypatch):
    context = SimpleNamespace(
        temporary=SimpleNamespace(name=lambda: "proof"), target=SimpleNamespace(scopes=("mcp:tools",))
    )
    changed = replace(
        mcp_clients.catalogue()["vscode"], redirect_uris=("https://a/",), other_redirect_uris=("https://b/",)
    )
    assert "http://127.0.0.1/" in client_registration.like_vs_code(context)["redirect_uris"]
    monkeypatch.setattr(mcp_clients, "catalogue", lambda: {"vscode": changed})
    assert client_registration.like_vs_code(context)["redirect_uris"] == ["https://a/", "https://b/"]


def test_the_pages_list_what_the_clients_say():
    registration, clients = ((_DOCS / name).read_text() for name in ("registration.md", "clients.md"))
    *first, last = (client.title for client in mcp_clients.catalogue().values())
    assert f"the redirect URIs of {', '.join(first)} and {last};" in " ".join(registration.split())
    (domains,) = re.findall(r"trustedDomains: \[(.*?)\]", registration)
    assert set(domains.split(", ")) == set(mcp_clients.metadata_hosts())
    (uris,) = re.findall(r"redirectUris: \[(\".*?)\]", registration)
    assert tuple(re.findall(r'"(.*?)"', uris)) == mcp_clients.catalogue()["vscode"].redirect_uris
    (schemes,) = re.findall(r"of another scheme than (.*?) \|", clients)
    assert re.findall(r"`(.*?)`", schemes) == [*mcp_clients.redirect_schemes()]
