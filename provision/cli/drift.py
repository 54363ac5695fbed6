"""``provision drift``: show where world, state and program differ."""

from __future__ import annotations

import click

from provision._lib.counts import counted
from provision._lib.hints import hint
from provision.cli.main import EXIT_FINDINGS, Invocation, print_json


@click.command("drift")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool) -> None:
    """Compare the world with the applied state and with the program; change nothing.

    Exits with 0 if all three agree, and with 3 if they differ.
    """
    from provision.cli.screen import Screen

    with Screen() as screen:
        changes = invocation.engine(screen).preview(refresh=True, watcher=screen).changes
        if not as_json:
            for change in changes:
                screen.drifted(change)
            differ = counted(len(changes), "object differs", "objects differ")
            screen.line(f"  {differ}; {hint('up', '--refresh')} repairs that" if changes else "  ✓ no drift")
    if as_json:
        print_json({"changes": [change.as_json() for change in changes]})
    if changes:
        click.get_current_context().exit(EXIT_FINDINGS)
