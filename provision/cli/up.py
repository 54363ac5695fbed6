"""``provision up``: make the world what the stack file says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provision.cli.main import Invocation, print_json
from provision.cli.outputs import named, published

if TYPE_CHECKING:
    from provision.config.project import StackFile
    from provision.progress import Progress


@click.command("up")
@click.option("--refresh", is_flag=True, help="Look at the world first, and repair what others changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
@click.pass_obj
def command(invocation: Invocation, *, refresh: bool, as_json: bool, show_secrets: bool) -> None:
    """Start the stack, or bring it to what its file says."""
    from provision.cli.screen import Screen

    with Screen() as screen:
        engine = invocation.engine(screen)
        result = engine.up(refresh=refresh, watcher=screen, first=lambda: _prepare(engine.stack, screen))
        if not result.changes:
            screen.line("  ✓ nothing to do")
    outputs = published(result.outputs, show_secrets=show_secrets)
    if as_json:
        print_json(outputs)
    else:
        _say_what_next(invocation.stack_name, outputs)


def _prepare(stack: StackFile, progress: Progress) -> None:
    """What the process runtime needs, fetched and prepared here, where its progress can be seen."""
    from provision.runtimes.process.preparation import prepare

    config = stack.config()
    if config.runtime == "process":
        prepare(progress, config.features)


def _say_what_next(stack: str, outputs: dict[str, Any]) -> None:
    option = "" if stack == "dev" else f" -s {stack}"
    click.echo()
    for server in outputs["servers"]:
        click.echo(f"{'MCP server':<15}{server['url']}" + named(server, outputs))
    click.echo(f"Issuer         {outputs['issuer']}")
    click.echo(f"Admin console  {outputs['admin_console']}")
    if not outputs["servers"]:
        click.echo(f"\nNext: provision drift{option}    shows what others change")
        return
    click.echo(f"\nNext: provision verify{option}    proves that tokens are really checked")
    click.echo(f"      provision client-config{option} vscode    connects a client; also claude-code, cursor")
    click.echo(f"      provision status{option} --show-secrets    shows the demo user and the admin's secret")
    click.echo(f"      provision down{option}      removes it all")
