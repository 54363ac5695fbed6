"""What went wrong, in our words: the engine's and its plugins' own are long, and do not say what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.runtimes.protocol import Runtime

_KNOWN = (
    (
        r"incorrect passphrase|passphrase must be set|message authentication failed",
        "The passphrase does not open this stack's secrets.",
        "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one it was made with.",
    ),
    (
        r"currently locked by",
        "Another Pulumi command is working on the stack.",
        "Wait until it is done, then try again.",
    ),
    (
        r"update cancell?ed|operation cancell?ed|cancelled|context canceled",
        "Stopped. What was made so far is recorded.",
        "`provision up` goes on from here, `provision down` removes it.",
    ),
    (
        r"no space left on device",
        "The disk is full.",
        "Free some space, then run the command again: it goes on from here.",
    ),
)
_FIRST_LINES, _LAST_LINES = 2, 6


def explained(errors: str, runtimes: Iterable[Runtime] = ()) -> ProvisionError | None:
    """Return the error in our words, or None if the engine's are as good.

    Args:
        errors: What failed, one line for each object, or the engine's last words.
        runtimes: The runtimes that it may come from.
    """
    for pattern, what, do in _KNOWN:
        if re.search(pattern, errors):
            return ProvisionError(what, do)
    return next((told for runtime in runtimes if (told := runtime.explain(errors)) is not None), None)


def condensed(message: str) -> str:
    """A message without its middle, where that is long: the log of an image's build has its reason at one of its ends."""
    lines = message.splitlines()
    left_out = len(lines) - _FIRST_LINES - _LAST_LINES
    if left_out <= 1:
        return message
    return "\n".join([*lines[:_FIRST_LINES], f"… ({left_out} more lines)", *lines[-_LAST_LINES:]])


def advice(errors: str) -> str:
    """Return what to do about an error whose own text is shown."""
    return "`provision logs` shows why, `provision up` tries again." if "healthy" in errors else ""
