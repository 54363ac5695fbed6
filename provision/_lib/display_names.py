"""Readable names of resources."""

from __future__ import annotations

import re

from provision._lib.styled_text import printable
from provision._lib.urn import Urn, is_urn


def named(kind: str, name: str) -> str:
    """Return the readable name of a resource: ``client scope mcp:tools``.

    Args:
        kind: The last part of the resource's type.
        name: The resource's own name; omitted if it only repeats the kind.
    """
    words = in_words(kind)
    return words if name == words else f"{words} {name}".rstrip()


def in_words(kind: str) -> str:
    """Return a kind as words: ``client scope``.

    Args:
        kind: The last part of a type, such as ``ClientScope``.
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()


def shown_name(resource: str) -> str:
    """Return a resource's name for reports, on one line: kind and name of a URN, any other text unchanged.

    Args:
        resource: A Pulumi URN, or any other text.
    """
    if not is_urn(resource):
        return printable(resource)
    urn = Urn.parse(resource)
    *_, module, kind = urn.type.split(":")
    if module == "providers":
        kind = "provider"  # its type is named after what it provides
    # A resource that a stack file declares by its type is named after that type.
    return printable(named(kind, urn.name.removeprefix(f"{kind}/")))
