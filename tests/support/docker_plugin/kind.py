"""What the servicer asks of each resource type."""

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
        id: Its id.
        live: Its properties that are inputs, as far as a refresh reads them.
        computed: Its other outputs.
    """

    id: str
    live: dict[str, Any]
    computed: dict[str, Any]


class Kind(ABC):
    """One resource type; inputs are plain data with defaults."""

    token: ClassVar[str]
    inputs: ClassVar[Table]
    outputs: ClassVar[Table]
    delete_first: ClassVar[bool] = True
    """Whether a replacement deletes first, because the name is taken."""

    def failures(self, inputs: dict[str, Any]) -> list[str]:
        """What the types do not say."""
        del inputs
        return []

    @abstractmethod
    def create(self, daemon: Daemon, inputs: dict[str, Any]) -> str:
        """Make the object; its id."""

    @abstractmethod
    def read(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> Seen | None:  # noqa: A002
        """Look at the object; ``None`` if it is gone."""

    def update(self, daemon: Daemon, id: str, old: dict[str, Any], new: dict[str, Any]) -> None:  # noqa: A002, B027
        """Change what can change in place; of most types nothing can, but a property of the resource itself."""

    @abstractmethod
    def delete(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> None:  # noqa: A002
        """Remove the object; one that is gone already is fine."""


def strings(*names: str) -> Table:
    """Outputs of the type string."""
    return {name: Property("string") for name in names}
