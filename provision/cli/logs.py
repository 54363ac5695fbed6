"""``provision logs``: what the stack's processes wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.errors import ProvisionError

if TYPE_CHECKING:
    from provision.cli.main import Invocation


@click.command("logs")
@click.argument("process", required=False)
@click.option(
    "-n", "--lines", default=50, show_default=True, type=click.IntRange(1), help="How many of the last lines."
)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are written; Ctrl-C ends it.")
@click.pass_obj
def command(invocation: Invocation, *, process: str | None, lines: int, follow: bool) -> None:
    """Print the log of Keycloak or of the MCP server (all of them when none is named)."""
    from provision.runtimes.process.status import processes

    stack = invocation.stack()
    known = processes(stack.home)
    chosen = [item for item in known if process in {None, item["name"]}]
    if not chosen:
        names = ", ".join(item["name"] for item in known)
        raise ProvisionError(
            f"Stack {stack.name} has no process {process!r}."
            if process
            else f"Stack {stack.name} has no logs.",
            f"It has: {names}." if names else "Start it: provision up",
        )
    from provision.cli.tail import follow_files, last_lines

    for item in chosen:
        for line in last_lines(item["log"], lines):
            click.echo(f"{item['name']} | {line}" if len(chosen) > 1 else line)
    if follow:
        try:
            for name, line in follow_files({item["name"]: item["log"] for item in chosen}):
                click.echo(f"{name} | {line}" if len(chosen) > 1 else line)
        except KeyboardInterrupt:
            return
