"""The start of a program, as far as a deployment shows it: its arguments and its environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.rules.helpers.secret_names import HIDDEN
from provision.rules.model import MASKED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

YES = frozenset({"1", "true", "yes", "on"})


def is_hidden(value: Any) -> bool:
    """Return whether a value cannot be seen."""
    return value is UNKNOWN or value is MASKED


def seen(value: Any) -> list[Any]:
    """Return a value as a list: empty for None, one hidden element for a hidden value."""
    if is_hidden(value):
        return [value]
    return list(value or ())


def within(value: Any, *steps: str) -> Any:
    """Return the value below some keys, or None; below a hidden value, the hidden value itself."""
    for step in steps:
        if value is None or is_hidden(value):
            return value
        value = value.get(step)
    return value


def variables(lines: Iterable[Any]) -> dict[str, Any]:
    """Return the environment variables in lines ``NAME=value``."""
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
        image: The image of the container; empty for a process.
        arguments: The program and its arguments, as far as the deployment names them.
        environment: The environment variables; :data:`HIDDEN` stands for variables whose names cannot be seen.
        arguments_at: The path of the arguments in the declared resource.
        environment_at: The path of the variables.
        image_at: The path of the image.
    """

    image: Any = ""
    arguments: tuple[Any, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    arguments_at: str = "command"
    environment_at: str = "envs"
    image_at: str = "image"

    @property
    def words(self) -> tuple[str, ...]:
        """The visible arguments."""
        return tuple(str(item) for item in self.arguments if not is_hidden(item))

    @property
    def hidden(self) -> Any:
        """The marker of arguments or variables that cannot be seen; None if all can."""
        values = (*self.arguments, self.environment.get(HIDDEN))
        return next((value for value in values if is_hidden(value)), None)
