"""``provision up``: bring the world to the state that the stack file declares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provision._lib.errors import UsageError
from provision._lib.hints import command_line, hint
from provision.cli.main import EXIT_FINDINGS, Invocation, load_rules, print_json
from provision.cli.output import say
from provision.config.names import NAMESPACE
from provision.config.profile import is_production

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision._lib.progress import Progress
    from provision.cli.screen import Screen
    from provision.config.project import StackFile
    from provision.engine.events import Declared
    from provision.engine.operation import Engine, Result
    from provision.engine.plan import Reviewed
    from provision.stack.outputs import StackOutputs


@click.command("up")
@click.option("--refresh", is_flag=True, help="Compare with Keycloak first, and undo what others changed.")
@click.option(
    "--prune", is_flag=True, help="Take away what others added to the stack's objects (`drift` names it)."
)
@click.option("--yes", is_flag=True, help="Do not ask (--prune of a production stack).")
@click.option(
    "--plan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Do exactly what `preview --save-plan FILE` found, or nothing if something differs now (exit code 3).",
)
@click.option(
    "--restore-backup",
    is_flag=True,
    help="Go on from the copy of a damaged state, and keep the damaged file.",
)
@click.option(
    "--from",
    "former",
    type=click.Path(path_type=Path),
    help="Take over the stacks of this project from its former folder, which is gone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    refresh: bool,
    prune: bool,
    yes: bool,
    plan: Path | None,
    restore_backup: bool,
    former: Path | None,
    as_json: bool,
    show_secrets: bool,
) -> None:
    """Start the stack, or apply the changes in the stack file.

    Exits with 3 if a mandatory security rule is broken; a production stack then stays unchanged.
    """
    from provision.cli.screen import Screen

    if plan is not None:
        _refuse_beside_a_plan(
            {"--prune": prune, "--restore-backup": restore_backup, "--from": former is not None}
        )
    if former is not None:
        invocation.take_over(former)
    with Screen() as screen:
        engine = invocation.engine(screen)
        if restore_backup:
            _restore(engine, screen)
        if plan is not None:
            result, mended = _as_planned(engine, screen, plan, as_json=as_json), []
        else:
            refuse_in_production(engine, screen, as_json=as_json)
            result = bring_up(
                engine,
                screen,
                refresh=refresh or restore_backup,  # the copy is older than the world
            )
            mended = _put_back(engine, screen) if refresh else []
        pruned = _prune(engine, screen, yes=yes) if prune else []
        if not (result.changes or mended or pruned):
            screen.line("  ✓ nothing to do")
        _warn_of_open_servers(engine, screen, result)
        from provision.cli import findings

        report, subject = findings.judged(engine.stack, result.declared)
        findings.mention(screen, report)
    outputs = result.outputs
    if as_json:
        shown = outputs.published(show_secrets=show_secrets) if outputs else {}
        gone: dict[str, Any] = {"pruned": pruned} if prune else {}
        gone |= {"put_back": mended} if mended else {}
        print_json({**shown, **gone, **findings.document(report, subject)})
    elif outputs is not None:
        say_what_next(engine.stack, outputs)
    if report.mandatory:
        click.get_current_context().exit(EXIT_FINDINGS)


def _refuse_beside_a_plan(options: dict[str, bool]) -> None:
    for name, given in options.items():
        if given:
            raise UsageError(
                f"{name} does what no plan holds.", "Leave it out, or --plan, and do one after the other."
            )


def _as_planned(engine: Engine, screen: Screen, file: Path, *, as_json: bool) -> Result:
    """Do what a plan says, after a look at the world that finds the same as the plan's preview did."""
    from provision.cli.preview import previewed
    from provision.engine import plan as plans

    plan = plans.read(file, engine.stack)
    # No other command of ours comes between the comparison and the changes.
    with engine.backend.exclusively(lambda line: screen.said("", line)):
        with screen.step("comparing with the plan"):
            now = previewed(engine, screen, refresh=True)
            reviewed = plans.opened(engine, plan)
            reviewed.refuse_differences(now)
        refuse_in_production(engine, screen, as_json=as_json, declared=now.declared)
        return bring_up(engine, screen, refresh=True, plan=reviewed)


def bring_up(
    engine: Engine,
    screen: Screen,
    *,
    refresh: bool = False,
    replace: Sequence[str] = (),
    plan: Reviewed | None = None,
) -> Result:
    """Make the world match the stack file, with everything that the stack's runtime does before and meanwhile.

    Args:
        engine: The stack's engine.
        screen: The display of the progress.
        refresh: Whether to look at the world first.
        replace: The URNs of resources to replace although nothing about them has changed.
        plan: The plan; nothing is done that is not in it.

    Raises:
        ProvisionError: A rotation of the service account's secret was interrupted.
        EngineError: Some object could not be made.
    """
    from provision.engine.operation import Hooks

    notes = engine.backend
    notes.refuse_half_rotated()
    result = engine.up(
        refresh=refresh or notes.refresh_note.exists(),
        replace=replace,
        watcher=screen,
        hooks=Hooks(
            before=lambda: engine.runtime.before_up(engine.live(), engine.stack.config, screen.line),
            starting=lambda: _prepare(engine, screen),
            working=load_rules,
        ),
        plan=plan,
    )
    notes.refresh_note.unlink(missing_ok=True)
    for key in engine.settle_journals():
        screen.line(
            ("  ! ", "yellow"),
            key.rpartition(":")[2],
            f"  begun by a run that was cut off, and not in the program now; {hint('drift', '--all')} shows what is there",
        )
    return result


def _restore(engine: Engine, screen: Screen) -> None:
    kept = engine.restore_state()
    screen.line("  · the state is the copy now" + (f"; the damaged file is {kept}" if kept else ""))


def _put_back(engine: Engine, screen: Screen) -> list[str]:
    """Give back the settings that no field declares and that others changed; return where, in words."""
    from provision.cli.drift import words
    from provision.cli.stack_session import StackSession
    from provision.keycloak import realm_repair
    from provision.provider import unmanaged

    stack = StackSession.by(engine)
    mended = []
    with engine.backend.exclusively():
        for realm, look in unmanaged.looks(stack.session, stack.realm, engine.resources()):
            differences = [each for item in look.changed for each in item.differences]
            for path, failure in realm_repair.put_back(stack.session, realm, differences):
                what = words(path) or f"realm {realm}"
                if failure:
                    screen.line(("  ! ", "yellow"), what, f"  not put back: {failure}")
                else:
                    mended.append(what)
                    screen.line(("  ~ ", "yellow"), what, ("  put back: somebody else had changed it", "dim"))
    return mended


def _prune(engine: Engine, screen: Screen, *, yes: bool) -> list[dict[str, Any]]:
    """Take away what others added to objects that the stack made; return what that was, as ``--json`` has it."""
    from provision.cli import consent
    from provision.cli.stack_session import StackSession
    from provision.provider import unmanaged

    stack = StackSession.by(engine)
    with engine.backend.exclusively():  # what another command has just made is in its state then
        found = unmanaged.looks(stack.session, stack.realm, engine.resources())
        added = [(realm, item) for realm, look in found for item in look.added]
        if added and not yes and is_production(stack.config.profile):
            names = ", ".join(item.label for _, item in added)
            consent.ask(
                f"Remove {names}?",
                what=f"--prune would remove {names} from a production stack.",
                do="Say --yes to do so.",
            )
        for realm, item in added:
            unmanaged.remove(stack.session, realm, item)
            screen.line(("  - ", "red"), item.label, ("  taken away", "dim"))
    return [item.as_json() for _, item in added]


def _warn_of_open_servers(engine: Engine, screen: Screen, result: Result) -> None:
    """Show a line for each server of the user's own that asks for no token."""
    if result.outputs is None:
        return
    from provision.cli import open_server

    for line in open_server.warnings(result.outputs, engine.stack.config()):
        screen.line(("  ! ", "yellow"), line)


def _in_production(stack: StackFile) -> bool:
    """Return whether the stack is a production stack; only this key is read before the engine starts."""
    return is_production((stack.document().get("config") or {}).get(f"{NAMESPACE}:profile"))


def refuse_in_production(
    engine: Engine, screen: Screen, *, as_json: bool, declared: Sequence[Declared] | None = None
) -> None:
    """Show the report and exit if a production stack breaks a mandatory rule, before the stack is changed.

    Args:
        engine: The stack's engine.
        screen: The display of the progress.
        as_json: Whether the report is printed as a JSON document too.
        declared: All resources of the stack's program, if a preview has been made already.
    """
    from provision.engine.operation import Hooks

    if not _in_production(engine.stack):
        return

    with screen.step("asking the security rules"):
        if declared is None:
            declared = engine.preview(hooks=Hooks(working=load_rules)).declared
        from provision.cli import findings

        report, subject = findings.judged(engine.stack, declared)
    if not report.mandatory:
        return
    findings.show(screen, report, subject)
    screen.line("  nothing was changed")
    if as_json:
        print_json(findings.document(report, subject))
    click.get_current_context().exit(EXIT_FINDINGS)


def _prepare(engine: Engine, progress: Progress) -> None:
    """Check certificates, programs, ports and objects, and prepare what the runtime needs, while the screen shows the progress."""
    from provision.runtimes import start_preflight
    from provision.runtimes.choice import choose
    from provision.stack import new_objects

    stack = engine.stack
    config = start_preflight.checked(stack.config(), stack)
    new_objects.refuse(config, engine.resources)
    runtime, live = choose(config, stack.home).runtime, engine.live()
    runtime.check(live, config)
    runtime.prepare(live, config, progress)


def say_what_next(stack: StackFile, outputs: StackOutputs) -> None:
    """Show the addresses of a stack that is up, and the commands for the next steps."""
    from provision.cli import console_login

    say()
    for server in outputs.servers:
        say(f"{'MCP server':<15}{server.url}" + outputs.label(server))
    say(f"Issuer         {outputs.issuer}")
    say(f"Admin console  {outputs.admin_console}")
    if not outputs.servers:
        say(f"\nNext: {command_line('drift')}    shows what others change")
        return
    say(f"\nNext: {command_line('verify')}    proves that tokens are really checked")
    from provision.config.mcp_clients import configurable

    first, *others = sorted(configurable(), key=lambda name: name != "vscode")
    say(f"      {command_line('client-config', first)}    connects a client; also {', '.join(others)}")
    say(f"      {command_line('status', '--show-secrets')}    shows the demo user and the admin's secret")
    say(f"      {command_line('down')}      removes it all")
    if console_login.is_possible(stack, outputs):
        say(f"      {command_line('open', '--login')}    opens the admin console and makes a user for it")
