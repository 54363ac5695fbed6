"""Pulumi's Automation API, without the calls that it makes only to fill results we have already.

The SDK's ``Stack`` runs ``pulumi version`` when it is made, selects the stack, and after every update runs
``pulumi stack output`` twice and ``pulumi stack history`` once: over a second in all, for what the event stream and
the program itself tell.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.automation import CommandResult, LocalWorkspace, PulumiCommand, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from provision.engine.backend import Backend


_STOP_SECONDS = 60.0
# A command of a second collects no garbage; a long one does when it has grown to this size. Saves a third of the CPU.
_MEMORY = {"GOGC": "off", "GOMEMLIMIT": "768MiB"}


class _Command(PulumiCommand):
    """A CLI whose version is known, run so that Ctrl-C reaches it exactly once and its work ends in order."""

    def __init__(self, executable: Path, version: str) -> None:
        self.command = str(executable)
        self.version = VersionInfo.parse(version)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run a Pulumi command in a session of its own.

        Raises:
            CommandError: It failed.
        """
        del on_output, on_error  # the event stream tells more
        environment = {**_MEMORY, **os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        environment["PATH"] = os.pathsep.join([str(Path(self.command).parent), environment.get("PATH", "")])
        with (
            subprocess.Popen(
                [self.command, "--non-interactive", *args],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                start_new_session=True,
            ) as process,
            interrupts_go_to(process.pid),
        ):
            output, errors = process.communicate()
        result = CommandResult(stdout=output, stderr=errors, code=process.returncode)
        if process.returncode != 0:
            raise create_command_error(result)
        return result


@contextmanager
def interrupts_go_to(pid: int) -> Iterator[None]:
    """While the context is open, Ctrl-C and SIGTERM ask that process to stop; each repetition asks again.

    The engine ends what is under way at the first and gives up at the second, leaving a state to go on from.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)

    # An engine that does not end by itself after the first request gets the second one from us.
    patience = threading.Timer(_STOP_SECONDS, ask)
    patience.daemon = True

    def forward(_signal: int, _frame: Any) -> None:
        ask()
        if not patience.is_alive() and not patience.finished.is_set():
            patience.start()

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        patience.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


class EngineStack(Stack):
    """A stack that is there already; results come from the event stream, not from further commands."""

    def __init__(self, name: str, workspace: LocalWorkspace) -> None:
        self.name = name
        self.workspace = workspace
        self._mode = StackInitMode.SELECT

    def outputs(self) -> Any:
        """Nothing: the program hands its outputs over itself."""
        return {}

    def recorded_outputs(self) -> dict[str, Any]:
        """The outputs in the state, secrets in clear; in one command, where the SDK needs two."""
        command = ["stack", "output", "--json", "--show-secrets"]
        return dict(json.loads(self._run_pulumi_cmd_sync(command).stdout))

    def info(self, show_secrets: bool = False) -> UpdateSummary:  # noqa: FBT001, FBT002 - the SDK's signature
        """Nothing: the event stream has the summary."""
        del show_secrets
        return UpdateSummary(kind="", start_time=None, message="", environment={}, config={}, result="")  # type: ignore[arg-type]


def open_stack(backend: Backend, executable: Path, version: str, environment: dict[str, str]) -> EngineStack:
    """The stack, made in the backend if it is not there.

    Args:
        backend: Where it lives.
        executable: The Pulumi CLI.
        version: The CLI's version.
        environment: Further variables for the engine.
    """
    workspace = LocalWorkspace(
        work_dir=str(backend.work_dir),
        env_vars={**backend.environment(), **environment},
        pulumi_command=_Command(executable, version),
    )
    name = backend.stack.name
    if backend.record is None or not backend.record.is_file():
        Stack.create_or_select(name, workspace)
        backend.keep_salt()
    return EngineStack(name, workspace)
