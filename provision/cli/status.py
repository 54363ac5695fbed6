"""``provision status``: show which processes of the stack run, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision._lib.hints import hint
from provision._lib.styled_text import printable
from provision.cli.main import Invocation, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.runtimes.protocol import RunningProcess
    from provision.stack.outputs import StackOutputs


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool, show_secrets: bool) -> None:
    """Show what is running and where. Exits with 1 if a process that should run does not run or does not work."""
    from provision.engine.live_stack import running
    from provision.engine.operation import NotUpError

    engine = invocation.engine()
    outputs = engine.outputs()
    found = running(engine.stack)
    if as_json:
        shown = outputs.published(show_secrets=show_secrets) if outputs else {}
        print_json(
            {
                **shown,
                "stack": engine.stack.name,
                "up": outputs is not None,
                "processes": [item.as_json() for item in found],
            }
        )
    elif outputs is None:
        click.echo(str(NotUpError(engine.stack.name)).replace("\n", " "))
    else:
        _print(outputs, found, show_secrets=show_secrets)
    if not all(item.is_well for item in found):
        click.get_current_context().exit(1)


def _state(item: RunningProcess) -> str:
    if item.is_well:
        return f"running, pid {item.pid}"
    told = f" ({item.state})" if item.state is not None else ""
    word = "NOT RUNNING" if item.pid is None else "NOT WORKING"
    return f"{word}{told}; {hint('up')} starts it again"


def _print(outputs: StackOutputs, found: Sequence[RunningProcess], *, show_secrets: bool) -> None:
    for item in found:
        _line(item.name, _state(item))
    for server in outputs.servers:
        _line("MCP server", server.url + outputs.label(server))
    _line("Issuer", outputs.issuer)
    _line("Admin console", outputs.admin_console)
    if not show_secrets:
        return
    if outputs.demo_user is not None:
        _line("Demo user", f"{outputs.demo_user.username} / {outputs.demo_user.password}")
    if outputs.admin is not None:
        _line("Admin", f"{outputs.admin.client_id} / {outputs.admin.client_secret}")
    for server in outputs.servers:
        if (client := server.introspection) is not None:
            _line("Introspection", f"{client.client_id} / {client.client_secret}" + outputs.label(server))


def _line(title: str, text: str) -> None:
    click.echo(printable(f"{title:<15}{text}"))
