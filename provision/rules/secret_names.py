"""What tells that a secret stands where everybody can read it: names, and addresses with a password in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.rules.adapters.keycloak_options import BOOTSTRAP_ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SECRET = re.compile(
    r"(^|[_./-])(secret|password|passwd|pwd|token|api[_-]?key|private[_-]?key|client[_-]?key|credentials?)$",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s:]*:[^/@\s]+@", re.IGNORECASE)
_NO_SECRET = re.compile(r"(|true|false|yes|no|on|off|\d+)", re.IGNORECASE)


def names_a_secret(name: str) -> bool:
    """Whether a variable or an option of that name holds a secret; one that names a file of it does not."""
    return _SECRET.search(_HUMP.sub("_", name)) is not None


def is_a_value(value: object) -> bool:
    """Whether it can be a secret at all: not nothing, a switch or a number."""
    return not isinstance(value, str) or _NO_SECRET.fullmatch(value) is None


def has_a_password(value: object) -> bool:
    """Whether it is an address with a password in it."""
    return isinstance(value, str) and _IN_ADDRESS.search(value) is not None


def in_arguments(words: Iterable[object]) -> Iterator[str]:
    """The options with a secret among arguments, without their values.

    Args:
        words: The arguments; what can't be seen counts as a value.
    """
    before = ""
    for word in words:
        if before and is_a_value(word) and not str(word).startswith("-"):
            yield before
        before = ""
        if not isinstance(word, str):
            continue
        option, equals, value = word.partition("=")
        if option.startswith(BOOTSTRAP_ARGUMENTS):
            continue  # a rule of its own
        if names_a_secret(option) and equals and is_a_value(value):
            yield option
        elif names_a_secret(option) and option.startswith("-") and not equals:
            before = option
        elif has_a_password(word):
            yield option if equals else "an address"
