"""How a program is started, as far as a deployment shows it: its arguments and its environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.rules.thing import MASKED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HIDDEN = "?"
"""The name of a variable that can't be seen."""
YES = frozenset({"1", "true", "yes", "on"})


def is_hidden(value: Any) -> bool:
    """Whether a value can't be seen."""
    return value is UNKNOWN or value is MASKED


def seen(value: Any) -> list[Any]:
    """A list that may be missing, or may be hidden as a whole: then one of one hidden element."""
    if is_hidden(value):
        return [value]
    return list(value or ())


def within(value: Any, *steps: str) -> Any:
    """The value below some keys; None where there is none, and what is hidden stays hidden."""
    for step in steps:
        if value is None or is_hidden(value):
            return value
        value = value.get(step)
    return value


def variables(lines: Iterable[Any]) -> dict[str, Any]:
    """Environment variables out of lines ``NAME=value``."""
    found: dict[str, Any] = {}
    for line in lines:
        if is_hidden(line):
            found[HIDDEN] = line
        else:
            name, _, value = str(line).partition("=")
            found[name] = value
    return found


@dataclass(frozen=True)
class Program:
    """A program that a deployment starts.

    Args:
        image: The image of its container; empty for a process.
        arguments: The program and its arguments, as far as the deployment names them.
        environment: Its variables; :data:`HIDDEN` stands for those whose names can't be seen.
        arguments_at: Where the arguments stand in the resource.
        environment_at: Where the variables stand.
        image_at: Where the image stands.
    """

    image: Any = ""
    arguments: tuple[Any, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    arguments_at: str = "command"
    environment_at: str = "envs"
    image_at: str = "image"

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments that can be seen."""
        return tuple(str(item) for item in self.arguments if not is_hidden(item))

    @property
    def hidden(self) -> Any:
        """What stands for arguments or variables that can't be seen; None when all can."""
        values = (*self.arguments, self.environment.get(HIDDEN))
        return next((value for value in values if is_hidden(value)), None)
