"""Running the Pulumi CLI: a command to its end, or an operation whose program and provider are in this process.

The parts of Pulumi's Automation API that host a program and read events are used (:mod:`provision.engine.program`); its
``Stack`` is not: it imports everything before it starts the engine, runs ``pulumi version`` when it is made, selects the
stack, and after every update runs ``pulumi stack output`` twice and ``pulumi stack history`` once. That is more than a
second for what the event stream and the program itself tell.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_STOP_SECONDS = 60.0
# A command of a second collects no garbage; a long one does when it has grown to this size. Saves a third of the CPU.
_MEMORY = {"GOGC": "off", "GOMEMLIMIT": "768MiB"}


class CommandFailedError(Exception):
    """A Pulumi command ended with an error; the text is what it wrote to standard error."""


@dataclass(frozen=True)
class PulumiCli:
    """The Pulumi CLI in the folder and environment of one stack.

    Args:
        executable: The CLI.
        folder: The folder from which it runs.
        environment: Variables added to the environment of this process.
    """

    executable: Path
    folder: Path
    environment: Mapping[str, str] = field(repr=False)

    @contextmanager
    def started(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        folder: Path | None = None,
        fed: bool = False,
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a command in a session of its own, so that Ctrl-C reaches it exactly once and its work ends in order.

        Leaving the context waits for its end.

        Args:
            arguments: The command's arguments.
            environment: More variables.
            folder: Where it runs instead of the CLI's folder.
            fed: Whether it is given a standard input.
        """
        variables = {**_MEMORY, **os.environ, **self.environment, **(environment or {})}
        variables["PATH"] = os.pathsep.join([str(self.executable.parent), variables.get("PATH", "")])
        variables |= {
            "PULUMI_AUTOMATION_API": "true",
            "PULUMI_DEBUG_COMMANDS": "true",
        }  # the second admits --event-log
        with (
            subprocess.Popen(
                [str(self.executable), "--non-interactive", *arguments],
                cwd=folder or self.folder,
                env=variables,
                stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                start_new_session=True,
            ) as process,
            interrupts_go_to(process.pid),
        ):
            try:
                yield process
            finally:
                if process.returncode is None:
                    process.communicate()  # one that writes where nobody reads dies, and leaves its lock

    def run(self, *arguments: str, folder: Path | None = None, text: str | None = None) -> str:
        """Run a command to its end and return its standard output.

        Args:
            arguments: The command's arguments.
            folder: Where it runs instead of the CLI's folder.
            text: Its standard input.

        Raises:
            CommandFailedError: It failed.
        """
        with self.started(arguments, folder=folder, fed=text is not None) as process:
            return finished(process, text)


def finished(process: subprocess.Popen[str], text: str | None = None) -> str:
    """Wait for a command's end; what it wrote to standard output.

    Args:
        process: The command.
        text: What it is given on standard input.

    Raises:
        CommandFailedError: It failed.
    """
    output, errors = process.communicate(text)
    if process.returncode != 0:
        raise CommandFailedError(errors)
    return output


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
