"""``provision preview``: what ``up`` would do."""

from __future__ import annotations

import click

from provision.cli.main import Invocation, print_json


@click.command("preview")
@click.option("--refresh", is_flag=True, help="Look at the world first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, refresh: bool, as_json: bool) -> None:
    """Show what `up` would do; change nothing."""
    from provision.cli.contained import Watch
    from provision.cli.screen import Screen

    with Screen() as screen:
        engine = invocation.engine(screen)
        result = engine.preview(refresh=refresh, watcher=screen, look=Watch(engine, screen.line).look)
        if not as_json:
            for change in result.changes:
                screen.planned(change)
            screen.line(f"  {len(result.changes)} to do" if result.changes else "  ✓ nothing to do")
    if as_json:
        print_json({"changes": [change.as_json() for change in result.changes]})
