"""The operations on a stack: preview, up, refresh, destroy, outputs. They run the same program as plain ``pulumi up``."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError, StoppedError
from provision._lib.hints import hint
from provision._lib.urn import resource_of
from provision.config import runtimes
from provision.config.names import NAMESPACE
from provision.engine import live_stack
from provision.engine.backend import Backend
from provision.engine.error_messages import advice, condensed, explained, killed
from provision.engine.events import Change, EventCollector, Unwatched
from provision.engine.lazy_server import LazyGrpcServer
from provision.engine.pulumi_process import (
    CommandFailedError,
    CommandKilledError,
    CommandStoppedError,
    PulumiCli,
    finished,
    work_breaks_off,
)
from provision.runtimes import registry, restore_record, runtime_record
from provision.runtimes.protocol import LiveStack
from provision.stack.outputs import StackOutputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from provision.config.project import StackFile
    from provision.engine.events import Declared, Watcher
    from provision.engine.plan import Reviewed
    from provision.keycloak.connection import Connection
    from provision.runtimes.protocol import Runtime


class EngineError(ProvisionError):
    """A failed operation; the text names every object that could not be made and why."""


class NotUpError(ProvisionError):
    """A stack that is not up, although the request needs it.

    Args:
        stack: The stack's name.
    """

    def __init__(self, stack: str) -> None:
        super().__init__(f"Stack {stack} is not up.", f"Start it: {hint('up', stack=stack)}.")


@dataclass(frozen=True)
class Result:
    """The result of an operation.

    Args:
        changes: The operations that were, or would be, done.
        outputs: The stack's outputs; None if the program did not run to its end.
        declared: Every resource of the program, secrets masked.
        invented: The values that were chosen by chance, such as a generated secret or a free port, and a name for each.
    """

    changes: tuple[Change, ...]
    outputs: StackOutputs | None = None
    declared: tuple[Declared, ...] = ()
    invented: Mapping[str, str] = field(default_factory=dict, repr=False)


def _nothing() -> None:
    """Do nothing: the default for a step that is left out."""


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """The caller's own steps around an operation, each at its moment; a step may be left out.

    Args:
        before: Called before the engine starts; returns whether the engine must look at the world first. Not called
            while another process's engine is at work.
        starting: Called while the engine starts, before it makes anything.
        working: Called while the engine works.
        after: Called when the engine has succeeded, and not if it failed.
    """

    before: Callable[[], bool] = lambda: False
    starting: Callable[[], None] = _nothing
    working: Callable[[], None] = _nothing
    after: Callable[[], None] = _nothing


_ALONE = Hooks()


@dataclass(frozen=True)
class Engine:
    """The runner of operations on one stack.

    Args:
        stack: The stack.
        find_pulumi: Returns the Pulumi CLI, after fetching it if it is not there yet. Called only when an operation
            needs the CLI: what a stack that never was is asked, its folders answer.
    """

    stack: StackFile
    find_pulumi: Callable[[], Path]

    @cached_property
    def pulumi(self) -> Path:
        """The Pulumi CLI."""
        return self.find_pulumi()

    @property
    def backend(self) -> Backend:
        """The backend with the stack's state."""
        return Backend(self.stack)

    @property
    def runtime(self) -> Runtime:
        """The runtime that the stack is up in, or the runtime that its file names."""
        return live_stack.runtime(self.stack)

    def live(self) -> LiveStack:
        """Return the stack as its runtime sees it, with the resources of its state in any backend."""
        return LiveStack.of(self.stack, self.resources, is_alone=self.backend.record is not None)

    def up(
        self,
        *,
        refresh: bool = False,
        replace: Sequence[str] = (),
        watcher: Watcher | None = None,
        hooks: Hooks = _ALONE,
        plan: Reviewed | None = None,
    ) -> Result:
        """Make the world match the stack file.

        Args:
            refresh: Whether to look at the world first, so that foreign changes are repaired.
            replace: The URNs of resources to replace although nothing about them has changed. Each new one is recorded
                before anything uses it.
            watcher: The receiver of the progress.
            hooks: The caller's own steps.
            plan: The plan; nothing is done that is not in it.

        Raises:
            EngineError: Some object could not be made; everything already made stays recorded.
            ProvisionError: A restore of the stack was cut off before its data was in place.
        """
        restore_record.refuse_half(self.stack.home)
        command = [
            "up",
            "--yes",
            "--skip-preview",
            *_REFRESH[refresh],
            *(f"--replace={urn}" for urn in replace),
        ]
        result = self._operate(command, watcher, hooks, checkpoints=bool(replace), plan=plan)
        restore_record.forget(self.stack.home)
        return result

    def preview(
        self,
        *,
        refresh: bool = False,
        watcher: Watcher | None = None,
        hooks: Hooks = _ALONE,
    ) -> Result:
        """Return the changes that ``up`` would make, without making any.

        Args:
            refresh: Whether to look at the world first.
            watcher: The receiver of the engine's lines.
            hooks: The caller's own steps.

        Raises:
            EngineError: The program or a check failed.
        """
        return self._operate(["preview", *_REFRESH[refresh]], watcher, hooks)

    def destroy(self, *, watcher: Watcher | None = None, hooks: Hooks = _ALONE) -> Result:
        """Remove everything that the stack made, and restore everything that it had adopted.

        Args:
            watcher: The receiver of the progress.
            hooks: The caller's own steps.

        Raises:
            EngineError: Some object could not be removed; it stays recorded.
        """
        return self._operate(["destroy", "--yes", "--skip-preview"], watcher, hooks)

    def restore_state(self) -> Path | None:
        """Put the copy of the state in the place of a damaged state file; return where the damaged file is kept.

        Raises:
            DamagedStateError: The copy is damaged too.
            ProvisionError: There is nothing to restore, or the state is in another backend than our own folder.
        """
        backend = self.backend
        if backend.state is None:
            raise ProvisionError(
                f"The state of stack {self.stack.name} is in {backend.url}, which keeps no copy here.",
                "Restore it there.",
            )
        with backend.exclusively():
            return backend.state.restore()

    def outputs(self) -> StackOutputs | None:
        """Return the stack's recorded outputs, or None if the stack does not exist or is not up.

        Raises:
            EngineError: The record can't be read, for example for a wrong passphrase.
            DamagedStateError: The record is damaged.
            ProvisionError: The outputs are not a stack's outputs.
        """
        backend = self.backend
        if backend.has_no_stack():
            return None
        if not backend.work_dir.is_dir():  # plain Pulumi made the stack
            backend.prepare()
        if backend.state is not None:
            backend.state.remove_unreadable_notes()
        with readable():
            arguments = ("stack", "output", "--json", "--show-secrets", "--stack", self.stack.name)
            document = json.loads(self.cli.run(*arguments))
        return StackOutputs.read(document, stack=self.stack.name) if document else None

    def connection(self, outputs: StackOutputs) -> Connection:
        """Return the connection of the service account to the stack's Keycloak.

        Args:
            outputs: The stack's outputs.
        """
        admin, keycloak = outputs.service_account, self.stack.config().keycloak
        return keycloak.connection(outputs.keycloak_url, admin.client_secret, client_id=admin.client_id)

    def outputs_when_up(self) -> StackOutputs:
        """Return the outputs of a stack that is up.

        Raises:
            NotUpError: The stack is not up.
            EngineError: See :meth:`outputs`.
        """
        outputs = self.outputs()
        if outputs is None:
            raise NotUpError(self.stack.name)
        return outputs

    def settle_journals(self) -> list[str]:
        """Drop from the journals what a completed `up` did not take up; return those objects, by type token and import id."""
        from provision.provider import journal

        files = self.backend.journals()
        return journal.settle(files, journal.recorded(self.resources())) if files else []

    def resources(self) -> list[dict[str, Any]]:
        """Return the stack's recorded resources from any backend, secrets encrypted; empty if the stack does not exist.

        Raises:
            EngineError: The record can't be read.
        """
        found = self.backend.resources()
        if found is not None:
            return found
        self.backend.prepare()
        with readable():
            try:
                text = self.cli.run("stack", "export", "--stack", self.stack.name)
            except CommandFailedError as error:
                if "no stack named" not in str(error):
                    raise
                return []
            return list(json.loads(text)["deployment"].get("resources") or ())

    def remove(self) -> None:
        """Remove the stack: its record, history, locks and logs, and each of its processes that still runs."""
        with self.backend.exclusively():
            if self.backend.state is None:
                self.runtime.stop(self.live())
                self._make_stack()
                # What a restore has put into the state was never made.
                force = ("--force",) if restore_record.has_placed(self.stack.home) else ()
                with readable():
                    self.cli.run(
                        *("stack", "rm", "--yes", *force, "--preserve-config", "--stack", self.stack.name)
                    )
            else:
                live_stack.stop_by_folder(self.stack)
            self.backend.forget()

    def refuse_unwritable_file(self) -> None:
        """Refuse a stack file that this user can't write, before anybody is asked for a secret.

        Raises:
            ProvisionError: The file can't be written.
        """
        file = self.stack.file
        if not os.access(file, os.W_OK):
            raise ProvisionError(
                f"{file} can't be written, and the secret belongs there.",
                "Change its permissions, or take the secret from elsewhere: {env: NAME}, {file: PATH} or {command: […]}.",
            )

    def set_secret(self, key: str, value: str) -> None:
        """Write a secret, encrypted, into the stack's file; Pulumi gets the value over standard input.

        Args:
            key: The key, without the namespace.
            value: The secret.

        Raises:
            EngineError: Pulumi refused it.
            ProvisionError: The file can't be written.
        """
        self.refuse_unwritable_file()
        self._make_stack()  # Pulumi encrypts only for a stack that has a record
        path = ("--path",) if {"[", "."} & set(key) else ()
        where = ("--stack", self.stack.name, "--config-file", str(self.stack.file))
        with readable():
            self.cli.run(
                *("config", "set", "--secret", *path, f"{NAMESPACE}:{key}", *where),
                folder=self.stack.project.folder,
                text=value,
            )

    def secret(self, key: str) -> str:
        """Return a secret that is encrypted in the stack's file.

        Args:
            key: The key, without the namespace.

        Raises:
            EngineError: The file has no such secret, or the passphrase does not open it.
        """
        self._make_stack()
        path = ("--path",) if {"[", "."} & set(key) else ()
        with readable():
            found = self.cli.run("config", "get", *path, f"{NAMESPACE}:{key}", "--stack", self.stack.name)
        return found.removesuffix("\n")

    def generated_secret(self, type_: str, name: str, output: str) -> str | None:
        """Return a secret output of a recorded resource, or None if the state has none.

        Args:
            type_: The resource's type token.
            name: The resource's name.
            output: The output.

        Raises:
            EngineError: The record can't be read, for example for a wrong passphrase.
        """
        if not self.resources():
            return None
        item = resource_of(self.deployment().get("resources") or (), type_, name)
        found = ((item or {}).get("outputs") or {}).get(output)
        sealed = found.get("plaintext") if isinstance(found, dict) else None
        return None if sealed is None else str(json.loads(sealed))

    def deployment(self) -> dict[str, Any]:
        """Return the stack's recorded deployment, as Pulumi exports it, with secrets in clear.

        Raises:
            EngineError: The record can't be read, for example for a wrong passphrase.
        """
        with readable():
            text = self.cli.run("stack", "export", "--show-secrets", "--stack", self.stack.name)
        found: dict[str, Any] = json.loads(text)["deployment"]
        return found

    @property
    def cli(self) -> PulumiCli:
        """The Pulumi CLI in the folder and environment of the stack."""
        self.backend.prune_logs()
        environment = self.backend.engine_environment()  # a lost passphrase is told before a CLI is fetched
        return PulumiCli(self.pulumi, self.backend.work_dir, environment)

    def _operate(
        self,
        command: list[str],
        watcher: Watcher | None,
        hooks: Hooks,
        *,
        checkpoints: bool = False,
        plan: Reviewed | None = None,
    ) -> Result:
        """Start the engine, load its services meanwhile, and wait for its end.

        Args:
            command: The engine's command.
            watcher: The receiver of the progress.
            hooks: The caller's own steps.
            checkpoints: Whether each step is recorded before the next begins.
            plan: The plan; nothing is done that is not in it.
        """
        ledger, outputs = EventCollector(watcher or Unwatched()), dict[str, Any]()
        # Leaving the context waits for the background work: no thread outlives the command.
        with (
            self.backend.exclusively(lambda line: ledger.watcher.said("", line)),
            ThreadPoolExecutor(max_workers=1) as aside,
        ):
            checkpoint = self.backend.checkpoint()  # a damaged state is refused before anything is done
            if checkpoint is not None and command[0] != "preview":
                self.backend.settle(checkpoint)
            if checkpoint is not None and self.backend.mend_record(checkpoint):
                ledger.watcher.said("", _MENDED)
            # Another process's engine may be making objects that are not recorded yet: it is left alone.
            if not self.backend.is_locked and hooks.before() and _LOOKS not in command:
                command = [*command, _LOOKS]
            new = False
            if not self.backend.is_as_last_time():
                new = self._make_stack()
                self.backend.remember()
            goes_on = "" if command[0] == "preview" else self.stack.name
            with LazyGrpcServer() as board, readable(ledger, self._explaining, goes_on=goes_on):
                arguments = [
                    *command,
                    f"--client={board.address}",
                    "--exec-kind=auto.inline",
                    f"--event-log=tcp://{board.address}",
                    f"--stack={self.stack.name}",
                ]
                environment = {
                    "PULUMI_DEBUG_PROVIDERS": f"provision:{board.address.rpartition(':')[2]}",
                    **self.backend.engine_lock.mark,
                }
                if not checkpoints and self.backend.state is not None:
                    # The provider's journal, on this machine like our own backend, lists what a killed run made, but no
                    # secret that a replacement generated.
                    environment["PULUMI_SKIP_CHECKPOINTS"] = "true"
                with (
                    self.backend.engine_lock.held() as held,
                    self.cli.started(
                        arguments,
                        environment,
                        inherited=(held,),
                        stopping=(lambda: ledger.note(_STOPPING)) if goes_on else _nothing,
                    ) as process,
                ):
                    try:
                        with work_breaks_off():
                            if command[0] != "destroy":
                                # The program runs: a secret that can't be had is refused first.
                                self.stack.config(resolve=True)
                            hooks.starting()
                        from provision.engine.program import services

                        folder, url = self.stack.project.folder, self.backend.url
                        board.connect(*services(folder, url, outputs, ledger, plan))
                        if new:
                            aside.submit(_warm_up, self.runtime)
                    finally:
                        board.refuse()  # unless the server is connected: an engine without answers would wait forever
                    hooks.working()
                    finished(process)
            hooks.after()
        if ledger.watcher_error is not None:
            raise ledger.watcher_error
        made = StackOutputs.read(outputs, stack=self.stack.name) if outputs else None
        return Result(tuple(ledger.changes), made, tuple(ledger.declared.values()), ledger.invented)

    def _explaining(self) -> Iterator[Runtime]:
        """Yield the runtimes that may explain an error: the runtime that the stack is up in, or else all."""
        record = runtime_record.readable(self.stack.home)
        return registry.loadable(runtimes.names() if record is None else (record.runtime,))

    def _make_stack(self) -> bool:
        """Make the engine's folder and the stack's record if they do not exist.

        Returns:
            Whether the stack is a new one.
        """
        backend = self.backend
        backend.prepare()
        if backend.state is not None and not backend.has_no_stack():
            return False
        with readable():
            try:
                self.cli.run("stack", "init", self.stack.name)
            except CommandFailedError as error:
                if "already exists" not in str(error):
                    raise
                return False
        backend.keep_salt()
        return True


_LOOKS = "--refresh"
_MENDED = "The record of the stack's runtime was lost or damaged; it is written anew from the state."
_STOPPING = "stopping after the step under way; Ctrl-C again stops at once"
_REFRESH = {False: (), True: (_LOOKS,)}


def _warm_up(runtime: Runtime) -> None:
    """Prepare the first `up` of a stack while the engine loads."""
    from provision.keycloak.api import session
    from provision.keycloak.bases import key_providers

    runtime.load_ahead()
    session.load()
    key_providers.make_ahead()


@contextmanager
def readable(
    ledger: EventCollector | None = None,
    explaining: Callable[[], Iterable[Runtime]] = tuple,
    *,
    goes_on: str = "",
) -> Iterator[None]:
    """Turn the engine's failure into one line for each object that failed.

    Args:
        ledger: The collected events of an operation.
        explaining: Returns the runtimes that may explain the failure.
        goes_on: The stack that an interrupted operation leaves half made; empty if the operation changes nothing.
    """
    try:
        yield
    except CommandStoppedError:
        if not goes_on:
            raise StoppedError from None
        raise StoppedError(
            "What was made so far is recorded.",
            f"{hint('up', stack=goes_on)} goes on from here, {hint('down', stack=goes_on)} removes it.",
        ) from None
    except CommandKilledError as error:
        raise EngineError(*killed(error.by, goes_on)) from None
    except CommandFailedError as error:
        errors = "\n".join(ledger.errors) if ledger else ""
        if (told := explained(errors or str(error), explaining())) is not None:
            raise EngineError(told.what, told.do) from None
        if ledger is None or not errors:
            raise EngineError(_last_words(str(error))) from None
        raise EngineError("\n".join(map(condensed, ledger.errors)), advice(errors)) from None


def _last_words(text: str) -> str:
    """Return a failed command's standard error, without Pulumi's frame."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (
        "\n".join(marked or lines[-3:])
        or "Pulumi's engine failed and named no reason; run again with --debug."
    )
