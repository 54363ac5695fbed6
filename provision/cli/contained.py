"""What the command line sees to around the engine, for a stack in containers."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.config.project import StackFile
    from provision.engine.operation import Engine
    from provision.runtimes.docker.containers import Recorded, Stack


def label(stack: StackFile) -> str:
    """What the containers of a stack are labelled with."""
    return f"{stack.project.name}-{stack.name}"


def in_containers(error: ProvisionError) -> ProvisionError:
    """The daemon's error, for a stack that needs it."""
    return ProvisionError(f"The stack runs in containers. {error.what}", error.do)


def contained(stack: StackFile) -> Stack | None:
    """The stack as the Docker daemon knows it; None when it does not run in containers."""
    from provision.runtimes import current

    there = current.read(stack.home)
    if there is None or there.runtime != "docker":
        return None
    from provision.runtimes.docker.containers import Stack

    return Stack(label(stack), there.mark)


@dataclass(frozen=True)
class Watch:
    """What is done before and after an operation of the engine on a stack that may run in containers.

    Args:
        engine: The engine.
        say: Shows a line.
    """

    engine: Engine
    say: Callable[[str], None]

    def heal(self) -> bool:
        """Remove what a killed run left and what does not work; whether the engine has to look at the world."""
        return self._look(repair=True)

    def look(self) -> bool:
        """Whether the engine has to look at the world; changes nothing."""
        return self._look(repair=False)

    def clear(self) -> bool:
        """Remove what a killed run left, so that nothing hangs on what goes now."""
        self._with_containers(self._without_strangers)
        return False

    def _look(self, *, repair: bool) -> bool:
        from provision.runtimes.docker import containers

        def find(stack: Stack, recorded: Recorded) -> bool:
            strangers = self._without_strangers(stack, recorded) if repair else False
            matters = containers.needs_update(stack, recorded, repair=repair)
            for name, matter in matters.items():
                self.say(f"  · container {name} {matter}")
            return strangers or bool(matters)

        return self._with_containers(find)

    def _without_strangers(self, stack: Stack, recorded: Recorded) -> bool:
        from provision.runtimes.docker import containers

        if self.engine.backend.record is None:
            return False  # in another backend somebody else may be at work, unseen
        removed = containers.remove_strangers(stack, recorded)
        if removed:
            self.say(f"  · removed what a run made that was cut off: {', '.join(removed)}")
        return bool(removed)

    def _with_containers(self, what: Callable[[Stack, Recorded], bool]) -> bool:
        stack = contained(self.engine.stack)
        if stack is None:
            return False
        from provision.engine import recorded

        try:
            return what(stack, recorded.containers(self.engine.resources()))
        except ProvisionError as error:
            raise in_containers(error) from error


def leftovers(stack: StackFile) -> Callable[[], None]:
    """What removes what the record did not know of, and the folder for logs; to be had before the record is gone."""
    from provision.runtimes import current

    there = contained(stack)

    def remove() -> None:
        if there is not None:
            from provision.runtimes.docker import containers

            containers.remove_all(there)
        elif current.read(stack.home) is not None:
            from provision.runtimes.process.status import stop_all

            stop_all(stack.home)
        else:
            return
        if stack.home.exists():
            shutil.rmtree(stack.home)

    return remove
