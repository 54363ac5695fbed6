"""``provision preview``: show what ``up`` would do and which security rules it would break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.main import EXIT_FINDINGS, Invocation, load_rules, print_json

if TYPE_CHECKING:
    from provision.engine.operation import Engine


@click.command("preview")
@click.option("--refresh", is_flag=True, help="Look at the world first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, refresh: bool, as_json: bool) -> None:
    """Show what `up` would do; change nothing.

    The security rules that it would break are named as well. Exits with 3 if a mandatory rule is broken.
    """
    from provision.cli.screen import Results, Screen
    from provision.engine.operation import Hooks

    with Screen() as screen:
        engine = invocation.engine(screen)
        result = engine.preview(
            refresh=refresh,
            watcher=screen,
            hooks=Hooks(
                before=lambda: engine.runtime.before_preview(engine.live(), screen.line),
                starting=lambda: _refuse(engine),
                working=load_rules,
            ),
        )
        from provision.cli import findings

        report, subject = findings.judged(engine.stack, result.declared)
    if as_json:
        changes = [change.as_json() for change in result.changes]
        print_json({"changes": changes, **findings.document(report, subject)})
    else:
        results = Results()
        for change in result.changes:
            results.planned(change)
        results.line(f"  {len(result.changes)} to do" if result.changes else "  ✓ nothing to do")
        findings.show(results, report, subject)
    if report.mandatory:
        click.get_current_context().exit(EXIT_FINDINGS)


def _refuse(engine: Engine) -> None:
    """Refuse certificates, programs, ports and objects with which an `up` would not even start."""
    from provision.runtimes import start_preflight
    from provision.runtimes.choice import choose
    from provision.stack import new_objects

    config = start_preflight.checked(engine.stack.config(), engine.stack)
    new_objects.refuse(config, engine.resources)
    choose(config, engine.stack.home).runtime.check(engine.live(), config)
