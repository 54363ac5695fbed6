"""What can be done with a stack: preview, up, refresh, destroy, outputs. The same program as plain ``pulumi up``."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.config.names import NAMESPACE
from provision.engine.backend import Backend
from provision.engine.events import Change, Ledger, Unwatched
from provision.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provision.config.project import StackFile
    from provision.engine.automation import EngineStack
    from provision.engine.events import Watcher


class EngineError(ProvisionError):
    """An operation failed; the text names every object that could not be made and why."""


@dataclass(frozen=True)
class Result:
    """What an operation did.

    Args:
        changes: What was, or would be, done.
        outputs: The stack's outputs with secrets in clear; empty where the program did not run to its end.
    """

    changes: tuple[Change, ...]
    outputs: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Engine:
    """Runs operations on one stack.

    Args:
        stack: The stack.
        pulumi: The Pulumi CLI.
        version: Its version.
    """

    stack: StackFile
    pulumi: Path
    version: str

    @property
    def backend(self) -> Backend:
        """Where the stack's state is."""
        return Backend(self.stack)

    def up(self, *, refresh: bool = False, watcher: Watcher | None = None) -> Result:
        """Make the world what the stack file says.

        Args:
            refresh: Look at the world first, so that what others changed is repaired.
            watcher: Who is shown the progress.

        Raises:
            EngineError: Something could not be made; what was made stays recorded.
        """
        outputs: dict[str, Any] = {}
        # Leaving the context waits for what was begun aside: no thread outlives the command.
        with ThreadPoolExecutor(max_workers=1) as aside:
            ledger = self._operate(
                lambda stack, take: stack.up(program=self._program(outputs), on_event=take, refresh=refresh),
                _WarmingUp(watcher or Unwatched(), aside),
            )
        return Result(tuple(ledger.changes), outputs)

    def preview(self, *, refresh: bool = False, watcher: Watcher | None = None) -> Result:
        """What ``up`` would do; changes nothing.

        Args:
            refresh: Look at the world first.
            watcher: Who is shown what the engine says.

        Raises:
            EngineError: The program or a check failed.
        """
        ledger = self._operate(
            lambda stack, take: stack.preview(program=self._program({}), on_event=take, refresh=refresh),
            watcher,
        )
        return Result(tuple(ledger.changes))

    def destroy(self, *, watcher: Watcher | None = None) -> Result:
        """Remove everything that the stack made, and put back what it had adopted.

        Raises:
            EngineError: Something could not be removed; it stays recorded.
        """
        ledger = self._operate(lambda stack, take: stack.destroy(on_event=take), watcher)
        return Result(tuple(ledger.changes))

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs as recorded, secrets in clear; empty when there is no such stack or nothing is up.

        Raises:
            EngineError: The record can't be read, for example for a wrong passphrase.
        """
        record = self.backend.record
        if record is not None and not record.is_file():
            return {}
        with _readable(Ledger(Unwatched())):
            return self._stack({}, prepare=False).recorded_outputs()

    def remove(self) -> None:
        """Forget the stack: its record, history, locks, logs and whatever process of it still runs."""
        from provision.runtimes.process.status import stop_all

        with self.backend.exclusively():
            stop_all(self.stack.home)
            if self.backend.record is None:
                with _readable(Ledger(Unwatched())):
                    self._stack({}).workspace.remove_stack(self.stack.name, preserve_config=True)
            self.backend.forget()

    def set_secret(self, key: str, value: str) -> None:
        """Write a secret, encrypted, into the stack's file; the value goes over standard input.

        Args:
            key: The key, without the namespace.
            value: The secret.

        Raises:
            EngineError: Pulumi refused it.
        """
        import os
        import subprocess

        with _readable(Ledger(Unwatched())):
            self._stack({})  # Pulumi encrypts only for a stack that it has a record of
        done = subprocess.run(
            [
                str(self.pulumi),
                "--non-interactive",
                "config",
                "set",
                "--secret",
                f"{NAMESPACE}:{key}",
                "--stack",
                self.stack.name,
                "--config-file",
                str(self.stack.file),
            ],
            cwd=self.stack.project.folder,
            env={**os.environ, **self.backend.environment()},
            input=value,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise EngineError(_last_words(done.stderr))

    def _operate(
        self, call: Callable[[EngineStack, Callable[[Any], None]], Any], watcher: Watcher | None
    ) -> Ledger:
        from provision.provider.host import in_this_process

        ledger = Ledger(watcher or Unwatched())
        with (
            ThreadPoolExecutor(max_workers=1) as aside,
            self.backend.exclusively(),
            _readable(ledger),
            in_this_process() as environment,
        ):
            aside.submit(_load_program)
            call(self._stack(environment), ledger.take)
        if ledger.watcher_error is not None:
            raise ledger.watcher_error
        return ledger

    def _stack(self, environment: dict[str, str], *, prepare: bool = True) -> EngineStack:
        from provision.engine.automation import open_stack

        if prepare:
            self.backend.prepare()
        return open_stack(self.backend, self.pulumi, self.version, environment)

    def _program(self, outputs: dict[str, Any]) -> Callable[[], None]:
        """The stack's program, which also hands its outputs over."""
        folder = self.stack.project.folder

        def run() -> None:
            import pulumi

            from provision.stack import program

            # The SDK sends every debug line to the engine and waits for the answer; nobody sees them here.
            pulumi.log.debug = lambda *_args, **_kwargs: None
            made = program(folder)
            if not pulumi.runtime.is_dry_run():
                pulumi.Output.all(**made).apply(outputs.update)

        return run


class _WarmingUp:
    """Uses the seconds in which a Keycloak starts to get ready for what is asked of it then; passes everything on."""

    def __init__(self, watcher: Watcher, aside: ThreadPoolExecutor) -> None:
        self._watcher = watcher
        self._aside = aside
        self.finished, self.failed, self.said = watcher.finished, watcher.failed, watcher.said

    def started(self, change: Change) -> None:
        """Work on an object begins."""
        if change.type == "provision:process:Keycloak":
            self._aside.submit(_warm_up)
        self._watcher.started(change)


def _warm_up() -> None:
    from provision.keycloak import realm_keys, session

    session.load()
    realm_keys.make_ahead()


def _load_program() -> None:
    """Import what the program and the provider need while the engine is starting."""
    from importlib import import_module

    from provision.spec import catalogue

    import_module("provision.stack")
    catalogue()


_KNOWN = (
    (
        re.compile(r"incorrect passphrase|passphrase must be set|message authentication failed"),
        "The passphrase does not open this stack's secrets.",
        "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one it was made with.",
    ),
    (
        re.compile(r"currently locked by"),
        "Another Pulumi command is working on the stack.",
        "Wait until it is done, then try again.",
    ),
    (
        re.compile(r"update cancell?ed|operation cancell?ed|cancelled|context canceled"),
        "Stopped. What was made so far is recorded.",
        "`provision up` goes on from here, `provision down` removes it.",
    ),
    (
        re.compile(r"no space left on device"),
        "The disk is full.",
        "Free some space, then run the command again: it goes on from here.",
    ),
)


@contextmanager
def _readable(ledger: Ledger) -> Iterator[None]:
    """The engine's failure as one line for each object that failed."""
    from pulumi.automation import CommandError

    try:
        yield
    except CommandError as error:
        text = "\n".join(ledger.errors) or _last_words(str(error))
        for pattern, what, do in _KNOWN:
            if pattern.search(text if ledger.errors else str(error)):
                raise EngineError(what, do) from None
        raise EngineError(text) from None


def _last_words(text: str) -> str:
    """What a failed command wrote to standard error, without the SDK's frame around it."""
    errors = text.partition("stderr:")[2] or text
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    marked = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return "\n".join(marked or lines[-3:]) or "The engine failed without a word; run again with --debug."
