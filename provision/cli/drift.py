"""``provision drift``: show where world, state and program differ."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from provision._lib.counts import counted
from provision._lib.hints import hint
from provision.cli.main import EXIT_FAILURE, EXIT_FINDINGS, Invocation, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.cli.screen import Results
    from provision.engine.events import Change
    from provision.engine.operation import Engine
    from provision.provider.unmanaged import Changed, Look


@click.command("drift")
@click.option(
    "--all", "everything", is_flag=True, help="Name what is in the realm and not in the stack, too."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, everything: bool, as_json: bool) -> None:
    """Show where Keycloak differs from the stack; change nothing.

    The world, the state of the last `up` and the program are compared. Exits with 0 if all three agree, with 3 if they differ, and with 1 if Keycloak could not be looked at. Objects of the realm that have nothing to do with the stack
    are no difference; --all names them.
    """
    from provision.cli.screen import Results, Screen

    with Screen() as screen:
        engine = invocation.engine(screen)
        differing = engine.preview(refresh=True, watcher=screen).changes
        look = _look(engine, everything=everything)
    changes = with_what_has_no_field(differing, look.changed)
    if not as_json:
        _show(Results(), changes, look)
    else:
        shown: dict[str, Any] = {
            "changes": [change.as_json() for change in changes],
            "added": [item.as_json() for item in look.added],
        }
        if look.unseen:
            shown["unseen"] = list(look.unseen)
        if everything:
            shown["unmanaged"] = [item.as_json() for item in look.others]
            shown["without_kind"] = list(look.without_kind)
        print_json(shown)
    if changes or look.added:
        click.get_current_context().exit(EXIT_FINDINGS)
    if look.failed:
        click.get_current_context().exit(EXIT_FAILURE)


def with_what_has_no_field(changes: Sequence[Change], changed: Sequence[Changed]) -> list[Change]:
    """Return the changes that the engine found, and changes of settings that no field declares.

    Args:
        changes: The engine's changes.
        changed: The objects in which somebody changed what has no field.
    """
    from provision._lib.urn import Urn
    from provision.engine.events import Change, FieldChange

    found = {change.urn: change for change in changes}
    for item in changed:
        fields = tuple(
            FieldChange(words(each.path), each.after, each.before, "world") for each in item.differences
        )
        urn = Urn.parse(item.urn)
        own = Change(item.urn, urn.type, urn.name, "update", label=item.label, cause="world")
        known = found.get(item.urn, own)
        found[item.urn] = replace(known, fields=(*known.fields, *fields), cause="world")
    return list(found.values())


def words(path: Sequence[str]) -> str:
    """Return the place of a setting for messages: ``browserFlow``, ``clients admin-cli: redirectUris``."""
    if path[0] == "realm":
        return ".".join(path[1:])
    section, name, *inner = path
    return f"{section} {name}" + (f": {'.'.join(inner)}" if inner else "")


def _look(engine: Engine, *, everything: bool) -> Look:
    """Return what is in the realms and not in the stack, and what Keycloak does not tell."""
    from provision.cli.stack_session import StackSession
    from provision.engine.operation import NotUpError
    from provision.provider.unmanaged import Look, looks

    try:
        stack = StackSession.by(engine)
    except NotUpError:
        return Look()
    found = looks(stack.session, stack.realm, engine.resources(), everything=everything)
    return sum((look for _, look in found), Look())


def _show(results: Results, changes: Sequence[Change], look: Look) -> None:
    for change in changes:
        results.drifted(change)
    for item in look.added:
        results.line(("  + ", "yellow"), item.label, (f"  added to the {item.owner} by somebody else", "dim"))
    for phrase in (*(item.label for item in look.others), *look.without_kind):
        results.line(("  ? ", "cyan"), phrase, ("  not of this stack", "dim"))
    for phrase in look.unseen:
        results.line(("  ! ", "yellow"), "not looked at: ", phrase)
    for line in _told(changes, look):
        results.line(f"  {line}")


def _told(changes: Sequence[Change], look: Look) -> list[str]:
    """Return the lines that sum a report up, each with the command that is the way on."""
    told: list[str] = []
    if changes:
        differ = counted(len(changes), "object differs", "objects differ")
        told.append(f"{differ}; {hint('up', '--refresh')} repairs that")
    if look.added:
        added = counted(len(look.added), "object was added", "objects were added")
        told.append(
            f"{added}; {hint('up', '--prune')} takes that away, {hint('adopt', '--update')} takes it in"
        )
    if look.failed:
        told.append("Keycloak could not be looked at as a whole: whether there is more drift is not known")
    if not told and not look.unseen:
        told.append("✓ no drift")
    if look.others:
        others = counted(len(look.others), "object is not of this stack", "objects are not of this stack")
        told.append(f"{others}; {hint('adopt', '--update')} takes what has a type into the stack file")
    return told
