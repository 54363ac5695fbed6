"""``provision restart``: stop MCP servers and start them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision._lib.errors import UsageError
from provision.cli.main import Invocation, print_json

if TYPE_CHECKING:
    from provision.engine.operation import Engine
    from provision.runtimes.protocol import RunningProcess


@click.command("restart")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, name: str | None, as_json: bool) -> None:
    """Restart the MCP server NAME, or all of them.

    The servers start as `up` starts them, with the same port and the same secrets; changes in the stack file are applied
    as well. NAME may be keycloak, too: its data stays.
    """
    from provision.cli.screen import Screen
    from provision.cli.up import bring_up, refuse_in_production

    with Screen() as screen:
        engine = invocation.engine(screen)
        engine.outputs_when_up()
        chosen = _chosen(engine, name)
        refuse_in_production(engine, screen, as_json=as_json)
        with engine.backend.exclusively():
            live = engine.live()
            for item in chosen:
                engine.runtime.end(live, item)
                screen.line(("  - ", "red"), item.name, ("  stopped", "dim"))
        bring_up(engine, screen)
    if as_json:
        print_json({"restarted": [item.name for item in chosen]})


def _chosen(engine: Engine, name: str | None) -> list[RunningProcess]:
    """Return the named process, or all MCP servers.

    Raises:
        UsageError: The stack has no such process, or no MCP server of its own.
    """
    from provision.config.stack_config import KEYCLOAK

    known = engine.runtime.processes(engine.live())
    if name is None:
        chosen = [item for item in known if item.name != KEYCLOAK]
    else:
        chosen = [item for item in known if item.name == name]
    if not chosen:
        names = ", ".join(item.name for item in known) or "nothing that this stack starts"
        wanted = "no MCP server" if name is None else f"no process {name!r}"
        raise UsageError(f"Stack {engine.stack.name} has {wanted} to restart.", f"It has: {names}.")
    return chosen
