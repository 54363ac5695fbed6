"""The interface of a resource type for the servicer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from tests.support.docker_plugin.published import Property, Table

if TYPE_CHECKING:
    from tests.support.docker_plugin.daemon import Daemon


@dataclass(frozen=True)
class Seen:
    """An object as the daemon shows it.

    Args:
        id: The object's id.
        live: The object's input properties, as far as a refresh reads them.
        computed: The object's other outputs.
    """

    id: str
    live: dict[str, Any]
    computed: dict[str, Any]


class Kind(ABC):
    """A resource type; inputs are plain data with defaults."""

    token: ClassVar[str]
    inputs: ClassVar[Table]
    outputs: ClassVar[Table]
    delete_first: ClassVar[bool] = True
    """Whether a replacement deletes first, because the name is taken."""

    def failures(self, inputs: dict[str, Any]) -> list[str]:
        """Return the defects that types cannot express."""
        del inputs
        return []

    @abstractmethod
    def create(self, daemon: Daemon, inputs: dict[str, Any]) -> str:
        """Make the object and return its id."""

    @abstractmethod
    def read(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> Seen | None:  # noqa: A002
        """Return the present object, or ``None`` if it is gone."""

    def update(self, daemon: Daemon, id: str, old: dict[str, Any], new: dict[str, Any]) -> None:  # noqa: A002, B027
        """Change the properties that can change in place; most types have none, except properties of the resource itself."""

    @abstractmethod
    def delete(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> None:  # noqa: A002
        """Remove the object; an object that is already gone is no error."""


def strings(*names: str) -> Table:
    """Return outputs of the type string."""
    return {name: Property("string") for name in names}
