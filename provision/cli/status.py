"""``provision status``: what of the stack is up, and where."""

from __future__ import annotations

from typing import Any

import click

from provision.cli.main import Invocation, print_json
from provision.cli.outputs import named, published
from provision.cli.running import running


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool, show_secrets: bool) -> None:
    """Show what is running and where. Exit code 1 when something that should run does not."""
    engine = invocation.engine()
    outputs = engine.outputs()
    found = running(engine.stack)
    if as_json:
        shown = published(outputs, show_secrets=show_secrets) if outputs else {}
        print_json({**shown, "stack": engine.stack.name, "up": bool(outputs), "processes": found})
    elif not outputs:
        click.echo(f"Stack {engine.stack.name} is not up. Start it: provision up")
    else:
        _print(published(outputs, show_secrets=show_secrets), found)
    if not all(_is_well(item) for item in found):
        click.get_current_context().exit(1)


def _is_well(item: dict[str, Any]) -> bool:
    return item["pid"] is not None and item.get("state") != "unhealthy"


def _state(item: dict[str, Any]) -> str:
    if _is_well(item):
        return f"running, pid {item['pid']}"
    told = f" ({item['state']})" if "state" in item else ""
    word = "NOT RUNNING" if item["pid"] is None else "NOT WORKING"
    return f"{word}{told}; `provision up` starts it again"


def _print(outputs: dict[str, Any], running: list[dict[str, Any]]) -> None:
    for item in running:
        click.echo(f"{item['name']:<15}{_state(item)}")
    for server in outputs["servers"]:
        click.echo(f"{'MCP server':<15}{server['url']}" + named(server, outputs))
    click.echo(f"{'Issuer':<15}{outputs['issuer']}")
    click.echo(f"{'Admin console':<15}{outputs['admin_console']}")
    for key, title in (("demo_user", "Demo user"), ("admin", "Admin")):
        if key in outputs:
            click.echo(f"{title:<15}" + " / ".join(str(value) for value in outputs[key].values()))
    for server in outputs["servers"]:
        if "introspection" in server:
            click.echo(
                f"{'Introspection':<15}"
                + " / ".join(map(str, server["introspection"].values()))
                + named(server, outputs)
            )
