"""The known name nearest to an unknown one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_SHORT = 3


def command_for(name: str, known: Iterable[str], synonyms: Mapping[str, str]) -> str | None:
    """Return what somebody meant who typed the name of a command that there is not, or None.

    A short name is like many others, so that only a name with a letter more or less is a guess for it.

    Args:
        name: The unknown name.
        known: The names of the commands.
        synonyms: The commands for names that other tools have; an empty text if there is none to guess.
    """
    if name in synonyms:
        return synonyms[name] or None
    if len(name) <= _SHORT:
        known = [item for item in known if abs(len(item) - len(name)) <= 1]
    return nearest(name, known)


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like ``name``, or None if none is similar.

    Args:
        name: The unknown name.
        known: The known names.
        cutoff: The similarity required, from 0 to 1.
    """
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=cutoff)), None)
