"""``provision down``: remove everything that ``up`` made."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import click

from provision._lib.errors import UsageError
from provision.cli import consent
from provision.cli.main import Invocation, print_json
from provision.config.profile import is_production

if TYPE_CHECKING:
    from provision.cli.screen import Screen
    from provision.config.project import StackFile
    from provision.engine.operation import Engine
    from provision.runtimes.protocol import LiveStack, Runtime


@click.command("down")
@click.option("--remove", is_flag=True, help="Remove the stack's record too: only the stack file is left.")
@click.option("--yes", is_flag=True, help="Do not ask (production stacks).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, remove: bool, yes: bool, as_json: bool) -> None:
    """Stop the stack and remove everything that the stack made.

    Objects that were there before are given back as they were. The stack file stays, with --remove too.

    Of a stack whose project's folder is gone: -C with the former folder (`provision status --all` shows it).
    """
    from provision.cli.screen import Screen
    from provision.engine.passphrase import LostPassphraseError
    from provision.engine.state_file import DamagedStateError
    from provision.runtimes import restore_record

    stack = invocation.stack(or_kept=True)
    if _is_production(stack) and not yes:
        consent.ask(
            f"Remove what stack {stack.name} made, and give back what it adopted?",
            what=f"{stack.name} is a production stack: `down` removes what it made, and gives back what it adopted as it was before.",
            do="Say --yes to remove it.",
        )
    with Screen() as screen:
        engine = invocation.engine(screen, or_kept=True)
        is_restored = restore_record.has_placed(engine.stack.home)
        try:
            changes = destroy(engine, screen)
        except (DamagedStateError, LostPassphraseError) as damage:
            if not remove:
                raise
            _remove_by_folder(engine, screen, damage.what)
            changes = []
        else:
            if remove:
                engine.remove()
                if stack.project.kept is None:
                    screen.line(f"  · the stack file stays: {stack.file}")
            if not changes and not is_restored:
                screen.line("  ✓ nothing to do")
        restore_record.forget(engine.stack.home)
    if as_json:
        print_json({"changes": changes})


def _is_production(stack: StackFile) -> bool:
    if stack.project.kept is None:
        return is_production(stack.config().profile)
    try:
        values = stack.document().get("config") or {}
    except UsageError:  # plain Pulumi made the stack, so there is no copy of its file
        return False
    return is_production(values.get("provision:profile"))


def destroy(engine: Engine, screen: Screen) -> list[dict[str, Any]]:
    """Remove everything by the engine, and what the state did not know by the runtime; return the changes.

    Raises:
        DamagedStateError: The state can't be read.
        ProvisionError: Something could not be removed.
    """
    from provision.engine.operation import Hooks
    from provision.runtimes import restore_record, runtime_record

    if restore_record.has_placed(
        engine.stack.home
    ):  # the stack never came up: nothing of it is anywhere else
        engine.remove()
        screen.line(
            ("  - ", "red"), f"stack {engine.stack.name}", ("  restored data and state removed", "dim")
        )
        return []
    exists = not engine.backend.has_no_stack()
    is_broken = runtime_record.remove_broken(engine.stack.home)
    if is_broken:
        screen.line(
            "  · the record of the stack's runtime is damaged; what runs is found by the state and by its folder"
        )
    runtime, live = engine.runtime, engine.live()

    def look() -> bool:
        runtime.before_down(live, screen.line)
        return False

    if not exists:
        _remove_leftovers(runtime, live, anyway=is_broken)
        return []
    hooks = Hooks(before=look, after=lambda: _remove_leftovers(runtime, live, anyway=is_broken))
    return [change.as_json() for change in engine.destroy(watcher=screen, hooks=hooks).changes]


def _remove_leftovers(runtime: Runtime, live: LiveStack, *, anyway: bool) -> None:
    """Remove everything of a stack that the state did not know, and the stack's folder, if the stack was up.

    Args:
        runtime: The stack's runtime.
        live: The stack, as it was before.
        anyway: Whether the stack was up although its mark is not known: its record was broken.
    """
    runtime.stop(live)
    if (live.mark or anyway) and live.home.exists():
        shutil.rmtree(live.home)


def _remove_by_folder(engine: Engine, screen: Screen, why: str) -> None:
    """Stop what runs by the stack's folder and remove the stack without the engine, and say so."""
    from provision.engine import live_stack

    screen.line(("  · ", "cyan"), why)
    with engine.backend.exclusively():
        for item in live_stack.stop_by_folder(engine.stack):
            screen.line(("  - ", "red"), item.name, ("  stopped", "dim"))
        engine.backend.forget()
    screen.line(("  - ", "red"), f"stack {engine.stack.name}", ("  folder, data and state removed", "dim"))
    screen.line(
        "  · objects that the stack made or adopted in a Keycloak of somebody else stay: no state names them"
    )
