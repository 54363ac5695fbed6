"""``provision preview``: show what ``up`` would do and which security rules it would break."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision._lib.hints import command_line
from provision.cli.main import EXIT_FINDINGS, Invocation, load_rules, print_json

if TYPE_CHECKING:
    from provision.cli.screen import Screen
    from provision.engine.operation import Engine, Result


@click.command("preview")
@click.option("--refresh", is_flag=True, help="Look at the world first.")
@click.option(
    "--save-plan",
    "plan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Look at the world first, and keep what `up` would do in FILE, for `up --plan`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, refresh: bool, plan: Path | None, as_json: bool) -> None:
    """Show what `up` would do; change nothing.

    The security rules that it would break are named as well. Exits with 3 if a mandatory rule is broken.
    """
    from provision.cli.screen import Results, Screen
    from provision.engine import plan as plans

    if plan is not None:
        plans.refuse_place(plan)
    with Screen() as screen:
        engine = invocation.engine(screen)
        result = previewed(engine, screen, refresh=refresh or plan is not None)
        if plan is not None:
            plans.save(engine, result, plan)
        from provision.cli import findings

        report, subject = findings.judged(engine.stack, result.declared)
    if as_json:
        changes = [change.as_json() for change in result.changes]
        saved = {} if plan is None else {"plan": str(plan)}
        print_json({"changes": changes, **saved, **findings.document(report, subject)})
    else:
        results = Results()
        for change in result.changes:
            results.planned(change)
        results.line(f"  {len(result.changes)} to do" if result.changes else "  ✓ nothing to do")
        if plan is not None:
            results.line(
                f"  plan kept in {plan}: ", command_line("up", "--plan", str(plan)), " does exactly this"
            )
        findings.show(results, report, subject)
    if report.mandatory:
        click.get_current_context().exit(EXIT_FINDINGS)


def previewed(engine: Engine, screen: Screen, *, refresh: bool) -> Result:
    """Return what an `up` would do.

    Args:
        engine: The stack's engine.
        screen: The display of the progress.
        refresh: Whether to look at the world first.

    Raises:
        EngineError: The program or a check failed.
        ProvisionError: An `up` would not even start.
    """
    from provision.engine.operation import Hooks

    return engine.preview(
        refresh=refresh,
        watcher=screen,
        hooks=Hooks(
            before=lambda: engine.runtime.before_preview(engine.live(), screen.line),
            starting=lambda: _refuse(engine),
            working=load_rules,
        ),
    )


def _refuse(engine: Engine) -> None:
    """Refuse certificates, programs, ports and objects with which an `up` would not even start."""
    from provision.runtimes import start_preflight
    from provision.runtimes.choice import choose
    from provision.stack import new_objects

    config = start_preflight.checked(engine.stack.config(), engine.stack)
    new_objects.refuse(config, engine.resources)
    choose(config, engine.stack.home).runtime.check(engine.live(), config)
