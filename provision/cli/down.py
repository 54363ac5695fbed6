"""``provision down``: remove everything that ``up`` made."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from provision._lib.errors import UsageError
from provision.cli.main import Invocation, print_json

if TYPE_CHECKING:
    from provision.runtimes.protocol import LiveStack, Runtime


@click.command("down")
@click.option("--remove", is_flag=True, help="Remove the stack's record too: nothing of it is left.")
@click.option("--yes", is_flag=True, help="Do not ask (production stacks).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, remove: bool, yes: bool, as_json: bool) -> None:
    """Stop the stack and remove everything that the stack made."""
    from provision.cli.screen import Screen
    from provision.engine.operation import Hooks
    from provision.runtimes import runtime_record

    stack = invocation.stack()
    if stack.config().profile == "prod" and not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{stack.name} is a production stack.", "Say --yes to remove it.")
        click.confirm(f"Remove everything that stack {stack.name} made?", abort=True, err=True)
    is_broken = runtime_record.remove_broken(stack.home)
    with Screen() as screen:
        engine = invocation.engine(screen)
        record, runtime, live = engine.backend.record, engine.runtime, engine.live()

        def look() -> bool:
            runtime.before_down(live, screen.line)
            return False

        if record is None or record.is_file():
            hooks = Hooks(before=look, after=lambda: _remove_leftovers(runtime, live, anyway=is_broken))
            result = engine.destroy(watcher=screen, hooks=hooks)
            changes = [change.as_json() for change in result.changes]
        else:
            _remove_leftovers(runtime, live, anyway=is_broken)
            changes = []
        if remove:
            engine.remove()
        if not changes:
            screen.line("  ✓ nothing to do")
    if as_json:
        print_json({"changes": changes})


def _remove_leftovers(runtime: Runtime, live: LiveStack, *, anyway: bool) -> None:
    """Remove everything of a stack that the state did not know, and the stack's folder, if the stack was up.

    Args:
        runtime: The stack's runtime.
        live: The stack, as it was before.
        anyway: Whether the stack was up although its mark is not known: its record was broken.
    """
    if live.mark or anyway:
        runtime.stop(live)
        if live.home.exists():
            shutil.rmtree(live.home)
