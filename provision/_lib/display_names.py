"""What people call a resource."""

from __future__ import annotations

import re

from provision._lib.styled_text import printable
from provision._lib.urn import Urn, is_urn


def named(kind: str, name: str) -> str:
    """Return a resource in words: ``client scope mcp:tools``.

    Args:
        kind: The last part of its type.
        name: Its own name; one that only repeats the kind is left out.
    """
    words = in_words(kind)
    return words if name == words else f"{words} {name}".rstrip()


def in_words(kind: str) -> str:
    """A kind in words: ``client scope``.

    Args:
        kind: The last part of a type, such as ``ClientScope``.
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()


def shown_name(resource: str) -> str:
    """Return the name of a resource in reports, on one line: kind and name of a URN, any other text unchanged.

    Args:
        resource: A URN of Pulumi, or words.
    """
    if not is_urn(resource):
        return printable(resource)
    urn = Urn.parse(resource)
    *_, module, kind = urn.type.split(":")
    if module == "providers":
        kind = "provider"  # of a type that is named after what it provides
    # What a stack file declares by its type is named after it.
    return printable(named(kind, urn.name.removeprefix(f"{kind}/")))
