"""``provision status``: show which processes of the stack run, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision.cli.main import Invocation, print_error, print_json
from provision.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.config.project import StackFile
    from provision.engine.known_stacks import KnownStack
    from provision.runtimes.protocol import RunningProcess
    from provision.stack.outputs import StackOutputs

_NO_LOGIN = "  (client id and secret of a service account: not for the console)"


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
@click.option("--all", "of_all", is_flag=True, help="List the stacks of all projects of this user.")
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool, show_secrets: bool, of_all: bool) -> None:
    """Show what is running and where. Exits with 1 if a process that should run does not run or does not work."""
    if of_all:
        _list_all(as_json=as_json)
        return
    from provision.engine import live_stack

    engine = invocation.engine(or_kept=True)
    found, problem = live_stack.look(engine.stack)
    outputs: StackOutputs | None = None
    try:
        outputs = engine.outputs()
    except ProvisionError as error:
        problem = problem or error
    if as_json:
        shown = outputs.published(show_secrets=show_secrets) if outputs else {}
        print_json(
            {
                **shown,
                "stack": engine.stack.name,
                "up": None if problem else outputs is not None,
                "processes": [item.as_json() for item in found],
                **({"error": {"what": problem.what, "do": problem.do}} if problem else {}),
            }
        )
    else:
        for item in found:
            _line(item.name, state_in_words(item))
        if outputs is not None:
            _print_outputs(engine.stack, outputs, show_secrets=show_secrets)
        elif problem is None:
            _print_why_not_up(engine.stack, found)
    if problem is not None:
        print_error(problem)
        click.get_current_context().exit(problem.exit_code)
    if not all(item.is_well for item in found):
        click.get_current_context().exit(1)


def state_in_words(item: RunningProcess) -> str:
    """Return whether a process works, and what makes it work again.

    Args:
        item: The process.
    """
    if item.is_well:
        return f"running, pid {item.pid}"
    told = f" ({item.state})" if item.state is not None else ""
    if item.pid is None or item.container is not None:
        word = "NOT RUNNING" if item.pid is None else "NOT WORKING"
        return f"{word}{told}; {hint('up')} starts it again"
    return f"NOT WORKING{told}; `kill -CONT {item.pid}` lets it go on"


def _print_why_not_up(stack: StackFile, found: Sequence[RunningProcess]) -> None:
    """Say that the stack is not up, or not whole, or that a stack of this name is elsewhere."""
    from provision.config import project_place
    from provision.engine.backend import Backend
    from provision.engine.operation import NotUpError

    if Backend(stack).is_busy:
        say(
            f"Stack {stack.name} is not up yet: another command is working on it, and starting it if that is `up`."
        )
        return
    if found:
        say(
            f"Stack {stack.name} is not whole: its last `up` did not end. {hint('up')} goes on from here, "
            f"{hint('down')} removes it."
        )
        return
    say(str(NotUpError(stack.name)).replace("\n", " "))
    if stack.project.kept is not None or stack.name in project_place.stack_names(stack.project.home):
        return
    for former in project_place.former_places(stack.project.name, stack.name):
        say(
            f"A stack {stack.name} was made in {former}, which is gone. {hint('up', '--from', str(former))} goes on "
            f"with it here, {hint('down', '-C', str(former), '--remove')} removes it.",
            one_line=True,
        )


def _print_outputs(stack: StackFile, outputs: StackOutputs, *, show_secrets: bool) -> None:
    from provision.cli import console_login

    for server in outputs.servers:
        _line("MCP server", server.url + outputs.label(server))
    _line("Issuer", outputs.issuer)
    _line("Admin console", outputs.admin_console)
    if console_login.is_possible(stack, outputs):
        _line("", f"{hint('open', '--login')} makes a user for it")
    if not show_secrets:
        return
    if outputs.demo_user is not None:
        _line("Demo user", f"{outputs.demo_user.username} / {outputs.demo_user.password}")
    if outputs.admin is not None:
        _line("Admin service", f"{outputs.admin.client_id} / {outputs.admin.client_secret}{_NO_LOGIN}")
    for server in outputs.servers:
        if (client := server.introspection) is not None:
            _line("Introspection", f"{client.client_id} / {client.client_secret}" + outputs.label(server))
    if outputs.servers:  # what a server that runs elsewhere has to know besides
        _line("Introspects at", outputs.introspection_url)
        _line("Key set", outputs.jwks_url)


def _line(title: str, text: str) -> None:
    say(f"{title:<15}{text}", one_line=True)


def _list_all(*, as_json: bool) -> None:
    from provision.engine.known_stacks import known_stacks

    known = known_stacks()
    if as_json:
        print_json({"stacks": [_as_json(item) for item in known]})
        return
    for item in known:
        where = item.folder or "an unknown folder"
        _line(
            item.stack.name,
            f"{item.stack.project.name}, {where}{' (moved or removed)' if item.is_gone else ''}",
        )
        for process in item.running:
            listens = ", ".join(str(port) for port in item.ports(process))
            _line("", f"{process.name} runs, pid {process.pid}" + (f", port {listens}" if listens else ""))
        if not item.running:
            _line("", "nothing runs")
        if item.is_gone:
            _line(
                "", f"{hint('down', '-C', str(item.address), '--remove', stack=item.stack.name)} removes it"
            )
    if not known:
        say("There are no stacks.")


def _as_json(item: KnownStack) -> dict[str, Any]:
    return {
        "stack": item.stack.name,
        "project": item.stack.project.name,
        "folder": item.folder,
        "gone": item.is_gone,
        "home": str(item.stack.project.home),
        "processes": [{**process.as_json(), "ports": list(item.ports(process))} for process in item.running],
    }
