"""``provision drift``: show where world, state and program differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provision._lib.counts import counted
from provision._lib.hints import hint
from provision.cli.main import EXIT_FINDINGS, Invocation, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.cli.screen import Screen
    from provision.engine.events import Change
    from provision.engine.operation import Engine
    from provision.provider.strangers import Strangers


@click.command("drift")
@click.option(
    "--all", "everything", is_flag=True, help="Name what is in the realm and not in the stack, too."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, everything: bool, as_json: bool) -> None:
    """Compare the world with the applied state and with the program; change nothing.

    Exits with 0 if all three agree, and with 3 if they differ. Objects of the realm that have nothing to do with the stack
    are no difference; --all names them.
    """
    from provision.cli.screen import Screen

    with Screen() as screen:
        engine = invocation.engine(screen)
        changes = engine.preview(refresh=True, watcher=screen).changes
        found = _strangers(engine, screen, everything=everything)
        if not as_json:
            _show(screen, changes, found, everything=everything)
    if as_json:
        shown: dict[str, Any] = {
            "changes": [change.as_json() for change in changes],
            "added": [item.as_json() for item in found.added],
        }
        if everything:
            shown["strangers"] = [item.as_json() for item in found.others]
        print_json(shown)
    if changes or found.added:
        click.get_current_context().exit(EXIT_FINDINGS)


def _strangers(engine: Engine, screen: Screen, *, everything: bool) -> Strangers:
    """Return what is in the realm and not in the stack; say so if Keycloak does not tell."""
    from provision.cli.stack_session import StackSession
    from provision.engine.operation import NotUpError
    from provision.keycloak.api.session import KeycloakError
    from provision.provider.strangers import Strangers, find

    try:
        stack = StackSession.by(engine)
        return find(stack.session, stack.realm, engine.resources(), everything=everything)
    except NotUpError:
        return Strangers()
    except KeycloakError as error:
        screen.line(f"  · not looked for what others added: {error.what}")
        return Strangers()


def _show(screen: Screen, changes: Sequence[Change], found: Strangers, *, everything: bool) -> None:
    for change in changes:
        screen.drifted(change)
    for item in found.added:
        screen.line(("  + ", "yellow"), item.label, (f"  added to the {item.owner} by somebody else", "dim"))
    if everything:
        for item in found.others:
            screen.line(("  ? ", "cyan"), item.label, ("  not of this stack", "dim"))
        for phrase in found.without_kind:
            screen.line(("  ? ", "cyan"), phrase, ("  not of this stack", "dim"))
    ways = [f"{hint('up', '--refresh')} repairs that"] if changes else []
    ways += [f"{hint('up', '--prune')} takes away what was added"] if found.added else []
    differ = counted(len(changes) + len(found.added), "object differs", "objects differ")
    screen.line(f"  {differ}; {'; '.join(ways)}" if ways else "  ✓ no drift")
