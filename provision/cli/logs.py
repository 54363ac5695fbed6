"""``provision logs``: print the logs of the stack's processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from provision._lib.errors import ProvisionError, UsageError
from provision._lib.hints import hint
from provision._lib.styled_text import printable
from provision.cli.main import print_json
from provision.cli.output import hand_over, say

if TYPE_CHECKING:
    from provision.cli.audit_lines import Filter
    from provision.cli.main import Invocation
    from provision.config.project import StackFile
    from provision.runtimes.protocol import RunningProcess


@click.command("logs")
@click.argument("process", required=False)
@click.option(
    "-n", "--lines", default=50, show_default=True, type=click.IntRange(1), help="How many of the last lines."
)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are written; Ctrl-C ends it.")
@click.option("--audit", is_flag=True, help="Only the audit lines of the servers.")
@click.option("--subject", help="With --audit: only those of this subject.")
@click.option(
    "--decision", type=click.Choice(["allowed", "refused"]), help="With --audit: only those decided so."
)
@click.option("--correlation-id", help="With --audit: only those of this request.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON document on standard output; with --follow, one a line.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    process: str | None,
    lines: int,
    follow: bool,
    audit: bool,
    subject: str | None,
    decision: str | None,
    correlation_id: str | None,
    as_json: bool,
) -> None:
    """Print the log of PROCESS, or all logs.

    PROCESS is keycloak or the name of an MCP server.
    """
    asked = {
        "--subject": subject,
        "--decision": decision,
        "--correlation-id": correlation_id,
    }
    if not audit and (alone := next((name for name, value in asked.items() if value), None)):
        raise click.UsageError(f"{alone} goes with --audit.")
    stack = invocation.stack(or_kept=True)
    chosen = _chosen(stack, process, follow=follow)
    if audit:
        from provision.cli.audit_lines import Filter

        wanted = Filter(subject=subject, decision=decision, correlation_id=correlation_id)
        _print_audit(_audit_files(stack, chosen), wanted, lines, follow=follow, as_json=as_json)
    else:
        _print_logs(chosen, lines, follow=follow, as_json=as_json)


def _chosen(stack: StackFile, process: str | None, *, follow: bool) -> tuple[RunningProcess, ...]:
    from provision.engine import live_stack

    known = live_stack.running(stack)
    chosen = tuple(item for item in known if process in {None, item.name})
    if not chosen:
        if known:
            names = ", ".join(item.name for item in known)
            raise UsageError(f"Stack {stack.name} has no process {process!r}.", f"It has: {names}.")
        raise ProvisionError(f"Stack {stack.name} has no logs.", f"Start it: {hint('up')}.")
    live_stack.runtime(stack).fetch_logs(chosen, follow=follow)
    return chosen


def _print_logs(chosen: tuple[RunningProcess, ...], lines: int, *, follow: bool, as_json: bool) -> None:
    from provision.cli.tail import follow_files, last_lines

    def show(name: str, line: str) -> None:
        if as_json:
            hand_over(json.dumps({"process": name, "line": line}))
            return
        text = printable(line, besides="\t")  # a log holds what strangers sent
        say(f"{name} | {text}" if len(chosen) > 1 else text)

    tails = {item.name: last_lines(item.log, lines) for item in chosen}
    former = [(name, line) for name, tail in tails.items() for line in tail.lines]
    if as_json and not follow:
        print_json({"logs": [{"process": name, "line": line} for name, line in former]})
        return
    for name, line in former:
        show(name, line)
    if follow:
        offsets = {name: tail.offset for name, tail in tails.items()}
        for name, line in follow_files({item.name: item.log for item in chosen}, offsets):
            show(name, line)


def _audit_files(stack: StackFile, chosen: tuple[RunningProcess, ...]) -> dict[str, str]:
    """Return the file with the audit lines of each server, by the server's name.

    Raises:
        ProvisionError: None of the processes has an audit trail.
    """
    from provision.engine import live_stack

    runtime = live_stack.runtime(stack)
    files = {item.name: runtime.audit_log(item) for item in chosen}
    known = {name: file for name, file in files.items() if file is not None}
    if not known:
        raise ProvisionError(
            f"There is no audit trail of {', '.join(files)}.", "Name the MCP server, or none."
        )
    return known


def _print_audit(files: dict[str, str], wanted: Filter, lines: int, *, follow: bool, as_json: bool) -> None:
    from provision.cli.audit_lines import last_entries, new_entries, readable

    entries, offsets = last_entries(files, wanted, lines)
    if as_json and not follow:
        print_json({"audit": entries})
        return

    def show(entry: dict[str, Any]) -> None:
        text = json.dumps(entry) if as_json else printable(readable(entry))
        say(f"{entry['server']} | {text}" if len(files) > 1 and not as_json else text)

    for entry in entries:
        show(entry)
    if follow:
        for entry in new_entries(files, wanted, offsets):
            show(entry)
