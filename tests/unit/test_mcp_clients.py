"""Each MCP client's facts stand in one module, from which the defaults of a stack follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.config import mcp_clients
from provision.config.stack_config import StackConfig

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
