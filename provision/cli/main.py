"""The entry of the command line: find the command, run the command, print errors in one place."""

from __future__ import annotations

import atexit
import errno
import gc
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provision._lib.errors import ProvisionError, StoppedError, UsageError
from provision._lib.hints import for_stack
from provision.cli.output import hand_over, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision._lib.progress import Step
    from provision.config.project import StackFile
    from provision.engine.operation import Engine

_COMMANDS = (
    "up",
    "preview",
    "drift",
    "audit",
    "adopt",
    "client-config",
    "clients",
    "status",
    "verify",
    "logs",
    "restart",
    "down",
    "backup",
    "restore",
    "open",
    "doctor",
    "env",
    "rules",
    "schema",
    "secret",
    "rotate",
)
_SYNONYMS = {
    **dict.fromkeys(("apply", "deploy", "start"), "up"),
    **dict.fromkeys(("clean", "delete", "destroy", "remove", "rm", "stop"), "down"),
    **dict.fromkeys(("ls", "list", "output", "outputs", "ps", "show"), "status"),
    **dict.fromkeys(("token", "inspect", "login", "call"), ""),
    "plan": "preview",
    "diff": "drift",
    "refresh": "up --refresh",
    "stacks": "status --all",
    "test": "verify",
    "console": "open",
    "import": "adopt",
    "export": "backup",
    "version": "--version",
    "help": "--help",
}
"""The commands for the names that other tools have; an empty text where the nearest name would mislead."""
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
_EXIT_USAGE = 2
EXIT_FAILURE = 1
EXIT_FINDINGS = 3
"""The exit code if drift was found, a proof failed or a rule was violated."""


@dataclass(frozen=True)
class Invocation:
    """The options that all commands share.

    Args:
        stack_name: The name of the stack.
        project_dir: The project's folder; None means the current folder or a folder above it.
        debug: Whether errors are printed with their traceback.
    """

    stack_name: str
    project_dir: Path | None
    debug: bool

    def stack(self, *, or_kept: bool = False) -> StackFile:
        """Return the stack after checking its configuration.

        Args:
            or_kept: Whether a stack whose project or file is gone is returned by the copies of its files, unchecked.

        Raises:
            UsageError: There is no such stack or its configuration is wrong.
        """
        stack = self._unchecked_stack(or_kept=or_kept)
        if stack.project.kept is None:
            _check(stack)
        return stack

    def take_over(self, former: Path) -> None:
        """Make the stacks of a project whose folder is gone the stacks of the project here.

        Args:
            former: The project's former folder.

        Raises:
            UsageError: There are no such stacks, or the project here has stacks of its own.
        """
        from provision.config import project_place
        from provision.config.project import Project

        project = Project.find(self.project_dir)
        project_place.take_over(former, project.folder, project.name)

    def _unchecked_stack(self, *, or_kept: bool = False) -> StackFile:
        from provision.config import project_place
        from provision.config.project import Project, kept_stack

        try:
            project = Project.find(self.project_dir)
        except UsageError:
            home = project_place.gone_from(self.project_dir) if or_kept and self.project_dir else None
            if home is None or self.stack_name not in project_place.stack_names(home):
                raise
            return kept_stack(home, self.stack_name)
        if (former := project.note_place()) is not None:
            say(f"  · the project was moved here from {former}; its stacks came along", err=True)
        stack = project.stack(self.stack_name)
        if or_kept and stack.name in project_place.stack_names(project.home):
            try:
                _ = stack.file
            except UsageError:  # somebody removed the file of a stack that is up
                return kept_stack(project.home, stack.name)
        return stack

    def engine(self, progress: Any = None, *, complete: bool = True, or_kept: bool = False) -> Engine:
        """Return the engine for the stack, which finds or fetches the Pulumi CLI when an operation needs the CLI.

        A configuration that passed the check at the last operation is not checked again before the engine starts.

        Args:
            progress: The display of the fetching; a line for each step if left out.
            complete: Whether the configuration has to be correct and complete already.
            or_kept: See :meth:`stack`.

        Raises:
            UsageError: There is no such stack or its configuration is wrong.
        """
        from provision.engine import pulumi_cli
        from provision.engine.backend import Backend
        from provision.engine.operation import Engine

        stack = self._unchecked_stack(or_kept=or_kept)
        backend = Backend(stack)
        for line in backend.mend_modes():
            say(line, err=True)
        if complete and stack.project.kept is None and not backend.is_as_last_time():
            _check(stack)
        return Engine(stack, lambda: pulumi_cli.find_or_install(progress or _OnDemand()))


class _OnDemand:
    """A progress display that appears only if there is a step to show."""

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Open a step on a screen of its own."""
        from provision.cli.screen import Screen

        with Screen() as screen, screen.step(title) as step:
            yield step


def _check(stack: StackFile) -> None:
    """Refuse a wrong configuration, including its rules."""
    rules = stack.config().rules
    if rules.names_any:
        from provision.rules import checks

        checks.validate(rules)


class _Commands(click.Group):
    """A group that loads a command's module only if the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"provision.cli.{cmd_name.replace('-', '_')}").command
        for named in command.commands.values() if isinstance(command, click.Group) else (command,):
            if not any(item.name == "stack_name" for item in named.params):
                named.params += _shared_options()
                _with_yes(named)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from provision._lib.suggest import command_for

        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            close = command_for(args[0], _COMMANDS, _SYNONYMS)
            hint = f" Did you mean {close!r}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


def _with_yes(command: click.Command) -> None:
    """Let a command take ``--yes`` and ``-y``, whether it asks or not: who writes a script need not know."""
    asking = next((item for item in command.params if item.name == "yes"), None)
    if asking is None:
        command.params.append(click.Option(["-y", "--yes"], is_flag=True, expose_value=False, hidden=True))
    elif "-y" not in asking.opts:
        asking.opts.insert(0, "-y")


def _shared_options() -> list[click.Option]:
    """Return copies of the group's own options, so that users may write these options after the command's name too."""

    def keep(ctx: click.Context, option: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:
            ctx.obj = _of(replace(ctx.obj, **{str(option.name): value}))

    folder = click.Path(path_type=Path, file_okay=False)
    return [
        click.Option(["-s", "--stack", "stack_name"], expose_value=False, callback=keep, help="The stack."),
        click.Option(
            ["-C", "--project", "project_dir"],
            expose_value=False,
            callback=keep,
            type=folder,
            help="The project's folder.",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=keep,
            help="Show the traceback of an error.",
        ),
    ]


@click.group(cls=_Commands, context_settings=_HELP)
@click.option("-s", "--stack", "stack_name", default="dev", show_default=True, help="The stack.")
@click.option(
    "-C",
    "--project",
    "project_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The project's folder.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="mcp-provision", prog_name="provision")
@click.pass_context
def cli(ctx: click.Context, stack_name: str, project_dir: Path | None, debug: bool) -> None:  # noqa: FBT001 - click's
    """Stand up MCP authorization: Keycloak, a realm that follows the MCP specification, a protected MCP server."""
    ctx.obj = _of(Invocation(stack_name, project_dir, debug))


def _of(invocation: Invocation) -> Invocation:
    """Return the invocation, whose stack and project the hints name from now on.

    Raises:
        UsageError: The name is no name for a stack, such as the empty value of a variable in a script.
    """
    from provision.config.project import refuse_wrong_name

    refuse_wrong_name(invocation.stack_name)
    for_stack(invocation.stack_name, invocation.project_dir)
    return invocation


def load_rules() -> None:
    """Load the security rules in advance, while an engine works."""
    from provision.cli import findings  # noqa: F401 - the module that evaluates the rules
    from provision.rules import checks

    checks.rules()


def print_json(document: Any) -> None:
    """Print the one JSON document of a ``--json`` command on standard output."""
    hand_over(json.dumps(document, indent=2))


def main() -> None:
    """Run the command line and exit with a documented code: 0 done, 1 failed, 2 wrong usage, 3 findings, 130 stopped."""
    gc.disable()  # a command allocates much and frees little: garbage collection would take a tenth of its time
    os.environ.setdefault(
        "PYDANTIC_DISABLE_PLUGINS", "1"
    )  # searching every package for plug-ins would take as long again
    arguments = sys.argv[1:]
    atexit.register(gc.freeze)  # an interpreter that ends needs no garbage collection either
    try:
        code = cli.main(args=arguments, prog_name="provision", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(_EXIT_USAGE)
    except click.Abort as error:
        if not isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            say("Stopped.", err=True)  # the answer to a question was no, or there was none
            sys.exit(1)
        stopped = StoppedError()
        _print_error(stopped, arguments)
        sys.exit(stopped.exit_code)
    except ProvisionError as error:
        _print_error(error, arguments)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of the output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.filename is None and error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        unread = _unreadable(error)
        _print_error(unread, arguments)
        sys.exit(unread.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _unreadable(error: OSError) -> ProvisionError:
    """Return the error for a file that can't be read or written, wherever it was met."""
    named = ProvisionError(
        f"{error.filename or 'A file'} can't be read or written: {error.strerror or error}.",
        "Check that it is there, who may use it, and the space on its disk.",
    )
    named.__cause__ = error
    return named


def _print_error(error: ProvisionError, arguments: list[str]) -> None:
    if "--debug" in arguments:
        import traceback

        traceback.print_exception(error)
    if "--json" in arguments:
        print_json({"error": {"what": error.what, "do": error.do}})
    print_error(error)


def print_error(error: ProvisionError) -> None:
    """Print an error on standard error: a line for what is wrong, a line for the remedy."""
    if not isinstance(error, StoppedError):
        say("error: ", fg="red", bold=True, nl=False, err=True)
    say(error.what, err=True)
    if error.do:
        say(f"  {error.do}", err=True)


__all__ = [
    "EXIT_FAILURE",
    "EXIT_FINDINGS",
    "Invocation",
    "cli",
    "load_rules",
    "main",
    "print_error",
    "print_json",
]
