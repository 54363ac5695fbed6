"""``provision client-config``: print the file that connects an MCP client to the running stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision.cli.main import Invocation, print_json
from provision.cli.output import hand_over, say
from provision.config import mcp_clients

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provision.config.mcp_clients import McpClient
    from provision.config.stack_config import StackConfig


@click.command("client-config")
@click.argument("client", type=click.Choice(list(mcp_clients.configurable())))
@click.option("--registered", is_flag=True, help="With the stack's pre-registered client in any case.")
@click.option("--client-id", help="Which pre-registered client, when there are several.")
@click.option("--server", help="Only this MCP server, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    client: str,
    registered: bool,
    client_id: str | None,
    server: str | None,
    as_json: bool,
) -> None:
    """Print the file that connects an MCP client to the stack.

    Standard output holds the file only. If the stack lets clients register themselves, CLIENT registers itself; otherwise, and with --registered, CLIENT
    uses the pre-registered client.
    """
    config = invocation.stack().config()
    if not config.mcp:
        raise UsageError(
            f"Stack {invocation.stack_name} has no MCP server.", "Take a stack that declares one."
        )
    program, file = mcp_clients.catalogue()[client], mcp_clients.configurable()[client]
    chosen = (
        _registered(config, program, client_id)
        if registered or client_id or not config.registration_enabled
        else None
    )
    outputs = invocation.engine().outputs_when_up()
    servers = [
        mcp_clients.Server(item.name, item.url, item.scopes, chosen)
        for item in outputs.servers
        if server in {None, item.name}
    ]
    if not servers:
        names = ", ".join(item.name for item in outputs.servers)
        raise UsageError(f"There is no MCP server {server!r}.", f"The stack has {names}.")
    content = file.content(servers)
    line = " && ".join(map(file.command, servers)) if file.command else None
    if as_json:
        print_json({"client": client, "file": file.path, "content": content, "command": line})
        return
    hand_over(json.dumps(content, indent=2))
    say(f"\n{program.title} reads this from {file.path} in a project's folder.", err=True)
    if line:
        say(f"The same by a command: {line}", err=True)
    if files := config.server_ca_files({item.name for item in servers}):
        say(_trust(program.title, file.ca_variable, files), err=True)
    say(file.after, err=True)


def _trust(title: str, ca_variable: str | None, ca_files: Sequence[Path]) -> str:
    """Return the advice to trust private authorities, since the client does not read the stack file."""
    named = " and ".join(map(str, ca_files))
    bundle = str(ca_files[0]) if len(ca_files) == 1 else "one file with all of that"
    variable = f", or start it with {ca_variable}={bundle}" if ca_variable else ""
    return f"{title} has to trust {named}: add that to the system's authorities{variable}."


def _registered(config: StackConfig, program: McpClient, client_id: str | None) -> str:
    """Return the id of the pre-registered client that has all redirect URIs of the program.

    Raises:
        UsageError: The stack declares no such client.
    """
    named = [item for item in config.clients if client_id in {None, item.client_id}]
    if not named:
        known = ", ".join(item.client_id for item in config.clients)
        raise UsageError(f"The stack declares no client {client_id!r}.", f"It declares {known}.")
    for item in named:
        if set(program.redirect_uris) <= set(item.redirect_uris):
            return item.client_id
    missing = [uri for uri in program.redirect_uris if uri not in named[0].redirect_uris]
    raise UsageError(
        f"{program.title} is sent back to {' and '.join(missing)} after a login, and the client "
        f"{named[0].client_id} may not be.",
        f"Add that to redirectUris of {named[0].client_id} under provision:clients, then run {hint('up')}.",
    )
