"""All stacks of this user on this machine, of every project, found by the data folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision.config import project_place
from provision.config.project import Project, kept_stack
from provision.engine import live_stack

if TYPE_CHECKING:
    from provision.config.project import StackFile
    from provision.runtimes.protocol import RunningProcess


@dataclass(frozen=True)
class KnownStack:
    """A stack that this machine knows.

    Args:
        stack: The stack; of a project that is gone, by the copies of its files.
        folder: The project's folder when a command last worked there; None if that is not known.
        is_gone: Whether there is no project in that folder any more.
        running: What runs of the stack.
    """

    stack: StackFile
    folder: str | None
    is_gone: bool
    running: tuple[RunningProcess, ...]

    @property
    def address(self) -> str:
        """The folder by which ``-C`` names the project: its own, or its data folder if its own is not known."""
        return self.folder or str(self.stack.project.home)

    def ports(self, process: RunningProcess) -> tuple[int, ...]:
        """Return the ports on which a process of the stack listens; empty for a container.

        Args:
            process: One of the stack's processes.
        """
        if process.pid is None or process.container is not None:
            return ()
        import psutil

        from provision._lib.listeners import ports_of

        try:
            return tuple(sorted(ports_of(psutil.Process(process.pid))))
        except psutil.NoSuchProcess:
            return ()


def known_stacks() -> list[KnownStack]:
    """Return all stacks, by project and name."""
    return [_known(home, name) for home in project_place.homes() for name in project_place.stack_names(home)]


def _known(home: Path, name: str) -> KnownStack:
    place = project_place.place_of(home)
    is_gone = place is None or place.is_gone
    stack = kept_stack(home, name)
    if place is not None and not is_gone:
        stack = Project(Path(place.folder), place.name, home).stack(name)
    found, _ = live_stack.look(stack)
    running = tuple(item for item in found if item.pid is not None)
    return KnownStack(stack, None if place is None else place.folder, is_gone, running)
