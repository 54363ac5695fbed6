"""What a sample is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """An object to try a kind with.

    Args:
        inputs: The inputs in the wire's spelling; the realm is added.
        change: The inputs that an update changes.
        needs: Kinds and inputs of the objects that have to be there before.
        factory: Keycloak makes it with every realm, so it is adopted rather than made.
        nameless: Keycloak has no key for it: the state alone knows it, so it is never adopted or imported.
    """

    inputs: dict[str, Any]
    change: dict[str, Any]
    needs: tuple[tuple[str, dict[str, Any]], ...] = field(default=())
    factory: bool = False
    nameless: bool = False
