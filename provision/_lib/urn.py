"""Pulumi's names for resources: ``urn:pulumi:STACK::PROJECT::TYPES::NAME``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCHEME = "urn:pulumi:"


class Urn(NamedTuple):
    """The parts of a URN.

    Args:
        stack: The stack.
        project: The project.
        type: The type token, without the types of the parents.
        name: The resource's own name; may itself hold colons.
    """

    stack: str
    project: str
    type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Parse a URN.

        Raises:
            ValueError: The text is no URN.
        """
        if not is_urn(text):
            raise ValueError(f"{text!r} is no URN")
        stack, project, types, name = text.removeprefix(_SCHEME).split("::", 3)
        return cls(stack, project, types.rpartition("$")[2], name)


def is_urn(text: str) -> bool:
    """Return whether a resource's name is a URN."""
    return text.startswith(_SCHEME)


def resource_of(resources: Iterable[dict[str, Any]], type_: str, name: str) -> dict[str, Any] | None:
    """Return the recorded resource of a type and a name, or None; one that only waits for its deletion does not count.

    Args:
        resources: Recorded resources.
        type_: The type token.
        name: The resource's name.
    """
    for item in resources:
        urn = Urn.parse(item["urn"])
        if (urn.type, urn.name) == (type_, name) and not item.get("delete"):
            return item
    return None
