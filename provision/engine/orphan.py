"""Engines whose command was killed: each works on for nobody, until the next command on its stack ends it.

An engine of ours inherits a locked file, and so does every plugin it starts. The kernel unlocks the file when the last of
them has ended. So there is no moment, from the start of an engine to its end, at which it lives and its lock is free; the
lock that Pulumi writes into its backend comes a good second later than the engine.
"""

from __future__ import annotations

import fcntl
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import psutil

MARK = "PROVISION_ENGINE"
"""The variable in the environment of an engine of ours and its plugins; its value is the path of their lock."""
_ENGINE = "pulumi"
_END_SECONDS = 60.0
"""An engine that is asked to end finishes the objects that it is at; a Keycloak may take that long to start."""
_KILL_SECONDS = 5.0


@dataclass(frozen=True)
class EngineLock:
    """The lock that a stack's engine holds as long as it lives.

    Args:
        file: The locked file.
    """

    file: Path

    @property
    def mark(self) -> dict[str, str]:
        """The environment by which an engine is known as the holder of this lock."""
        return {MARK: str(self.file)}

    @contextmanager
    def held(self) -> Iterator[int]:
        """Hold the lock, and yield the descriptor that the engine inherits."""
        with self.file.open("a", encoding="utf-8") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield opened.fileno()

    def end_orphan(self, say: Callable[[str], None]) -> None:
        """End the engine that holds the lock, and what is left of its plugins.

        The caller holds the stack against our other commands, so that the command of this engine is gone. The engine
        finishes what it is at, which leaves a whole state; one that does not end is killed.

        Args:
            say: Receives a line for the user, if there is something to wait for.
        """
        if self._is_free():
            return
        import psutil

        processes = list(self._processes())
        engines = [process for process in processes if _name(process) == _ENGINE]
        if engines:
            say("The engine of a command that was killed is still at work; it is asked to end.")
        for engine in engines:
            with suppress(psutil.NoSuchProcess):
                engine.send_signal(signal.SIGINT)
        psutil.wait_procs(engines, timeout=_END_SECONDS)
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=_KILL_SECONDS)

    def _is_free(self) -> bool:
        try:
            with self.file.open(encoding="utf-8") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True

    def _processes(self) -> Iterator[psutil.Process]:
        """Yield the engine and its plugins. What a plugin started for the user, a service for example, is left alone."""
        import psutil

        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.name().startswith(_ENGINE) and process.environ().get(MARK) == str(self.file):
                    yield process


def _name(process: psutil.Process) -> str:
    import psutil

    with suppress(psutil.NoSuchProcess):
        return process.name()
    return ""
