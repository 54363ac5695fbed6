"""Running the Pulumi CLI: a command to its end, or an operation whose program and provider are in this process.

The parts of Pulumi's Automation API that host a program and read events are used (:mod:`provision.engine.program`); its
``Stack`` is not: it imports everything before it starts the engine, runs ``pulumi version`` when it is made, selects the
stack, and after every update runs ``pulumi stack output`` twice and ``pulumi stack history`` once. That costs more
than a second, for information that the event stream and the program itself already hold.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_STOP_SECONDS = 60.0
_SHELL_ADDS = 128
"""The number that a shell adds to a signal's, for the exit code of a script whose program was killed."""
# A command of a second collects no garbage; a long one does when it has grown to this size. Saves a third of the CPU.
_MEMORY = {"GOGC": "off", "GOMEMLIMIT": "768MiB"}


def _nothing() -> None:
    """Do nothing: the default for a step that is left out."""


class CommandFailedError(Exception):
    """A Pulumi command that ended with an error; the text is its standard error."""


class CommandKilledError(CommandFailedError):
    """A Pulumi command that a signal has ended; it could not say anything.

    Args:
        errors: The command's standard error until then.
        by: The signal.
    """

    def __init__(self, errors: str, by: signal.Signals) -> None:
        super().__init__(errors)
        self.by = by


class CommandStoppedError(Exception):
    """A Pulumi command that was interrupted by Ctrl-C or SIGTERM and has ended, with or without success."""


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
        inherited: Sequence[int] = (),
        stopping: Callable[[], None] = _nothing,
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a command in its own session, so that Ctrl-C reaches it exactly once and its work ends in order.

        Leaving the context waits for the command's end.

        Args:
            arguments: The command's arguments.
            environment: More variables.
            folder: The working folder, if not the CLI's folder.
            fed: Whether the command gets a standard input.
            inherited: The descriptors of this process that the command inherits.
            stopping: Called once, in a thread of its own, when the first Ctrl-C or SIGTERM has come.

        Raises:
            CommandStoppedError: Ctrl-C or SIGTERM came while the command ran.
        """
        variables = {**_MEMORY, **os.environ, **self.environment, **(environment or {})}
        variables["PATH"] = os.pathsep.join([str(self.executable.parent), variables.get("PATH", "")])
        variables |= {
            "PULUMI_AUTOMATION_API": "true",
            "PULUMI_DEBUG_COMMANDS": "true",
        }  # the second admits --event-log
        with (
            interrupts(stopping) as interruption,
            subprocess.Popen(
                [str(self.executable), "--non-interactive", *arguments],
                cwd=folder or self.folder,
                env=variables,
                stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                start_new_session=True,
                pass_fds=inherited,
            ) as process,
        ):
            interruption.goes_to(process.pid)
            try:
                yield process
            finally:
                if process.returncode is None:
                    process.communicate()  # a process that writes into a closed pipe dies, and leaves its lock
                if interruption.came:
                    raise CommandStoppedError

    def run(self, *arguments: str, folder: Path | None = None, text: str | None = None) -> str:
        """Run a command to its end and return its standard output.

        Args:
            arguments: The command's arguments.
            folder: The working folder, if not the CLI's folder.
            text: The command's standard input.

        Raises:
            CommandFailedError: The command failed, or (:class:`CommandKilledError`) a signal ended it.
            CommandStoppedError: Ctrl-C or SIGTERM came while the command ran.
        """
        with self.started(arguments, folder=folder, fed=text is not None) as process:
            return finished(process, text)


def finished(process: subprocess.Popen[str], text: str | None = None) -> str:
    """Wait for a command's end and return its standard output.

    Args:
        process: The command.
        text: The command's standard input.

    Raises:
        CommandFailedError: The command failed.
        CommandKilledError: A signal ended the command.
    """
    output, errors = process.communicate(text)
    if (by := _signal_of(process.returncode)) is not None:
        raise CommandKilledError(errors, by)
    if process.returncode != 0:
        raise CommandFailedError(errors)
    return output


def _signal_of(code: int) -> signal.Signals | None:
    """Return the signal that ended a process, or the process of a shell's script, by its exit code; or None."""
    number = -code if code < 0 else code - _SHELL_ADDS
    return signal.Signals(number) if number in set(signal.Signals) else None


class Interruption:
    """The interruptions of one command by Ctrl-C and SIGTERM, which are passed on to the command's process.

    A signal comes at any moment, also while the program holds a lock of the screen. The handler therefore writes one byte
    into a pipe, and a thread that reads the pipe does the rest.

    Args:
        stopping: Called once, in that thread, after the first signal.
    """

    def __init__(self, stopping: Callable[[], None]) -> None:
        self.came = False
        self._pid: int | None = None
        self._stopping = stopping
        self._reader, self._writer = os.pipe()
        self._thread = threading.Thread(target=self._after_the_first, daemon=True)
        self._thread.start()

    def goes_to(self, pid: int) -> None:
        """Name the process, and pass on what came before the process was there."""
        self._pid = pid
        if self.came:
            self._ask()

    def forward(self, _signal: int, _frame: Any) -> None:
        """Note a signal and pass it on; the handler of both signals."""
        self._ask()
        if not self.came:
            self.came = True
            os.write(self._writer, b"!")

    def end(self) -> None:
        """Pass on nothing more; called when no signal can reach :meth:`forward` any more."""
        os.close(self._writer)
        self._thread.join()
        os.close(self._reader)

    def _after_the_first(self) -> None:
        """Call ``stopping`` after the first signal, and send the second one to a process that does not end."""
        if not os.read(self._reader, 1):
            return
        self._stopping()
        ended, _, _ = select.select([self._reader], [], [], _STOP_SECONDS)
        if not ended:
            self._ask()

    def _ask(self) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGINT)


@contextmanager
def interrupts(stopping: Callable[[], None] = _nothing) -> Iterator[Interruption]:
    """Take Ctrl-C and SIGTERM for a process that is started next; each repetition is passed on again.

    At the first signal the engine finishes the work under way, at the second it gives up; both leave a usable state.

    Args:
        stopping: Called once, in a thread of its own, after the first signal.
    """
    interruption = Interruption(stopping)
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {
            number: signal.signal(number, interruption.forward) for number in (signal.SIGINT, signal.SIGTERM)
        }
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        interruption.end()


@contextmanager
def work_breaks_off() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM break off the work in this process as well, while a command gets them.

    Raises:
        KeyboardInterrupt: A signal came, and was passed on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def both(number: int, frame: Any) -> None:
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, both)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
