"""Our own texts for the errors of the engine and its plugins, which are long and name no remedy."""

from __future__ import annotations

import re
from signal import Signals
from typing import TYPE_CHECKING

from provision._lib.data_folder import NO_SPACE
from provision._lib.errors import ProvisionError
from provision._lib.hints import hint

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
        "{up} goes on from here, {down} removes it.",
    ),
    (
        NO_SPACE,
        "The disk is full.",
        "Free some space, then run the command again: it goes on from here.",
    ),
)
_KILLERS = {
    Signals.SIGKILL: ", which is what the system sends when memory runs out, and what `kill -9` sends",
    Signals.SIGXCPU: ": its limit of processor time is reached",
}
_FIRST_LINES, _LAST_LINES = 2, 6


def explained(errors: str, runtimes: Iterable[Runtime] = ()) -> ProvisionError | None:
    """Return an error in our words, or None if the engine's own words are good enough.

    Args:
        errors: The failures, one line for each object, or the engine's last words.
        runtimes: The runtimes that the error may come from.
    """
    for pattern, what, do in _KNOWN:
        if re.search(pattern, errors):
            return ProvisionError(what, do.format(up=hint("up"), down=hint("down")))
    return next((told for runtime in runtimes if (told := runtime.explain(errors)) is not None), None)


def killed(by: Signals, goes_on: str) -> tuple[str, str]:
    """Return what is wrong and the remedy when a signal ended the engine, which could say nothing itself.

    Args:
        by: The signal.
        goes_on: The stack that the operation leaves half made; empty if the operation changes nothing.
    """
    why = _KILLERS.get(by, "")
    if not goes_on:
        return f"Pulumi's engine was ended by {by.name}{why}. Nothing is lost.", "Run the same command again."
    up, down = hint("up", stack=goes_on), hint("down", stack=goes_on)
    return (
        f"Pulumi's engine was ended by {by.name}{why}. Nothing is lost: what was made so far is recorded.",
        f"{up} goes on from here, {down} removes it.",
    )


def condensed(message: str) -> str:
    """Return a message without its middle if it is long: the reason is at either end of an image's build log."""
    lines = message.splitlines()
    left_out = len(lines) - _FIRST_LINES - _LAST_LINES
    if left_out <= 1:
        return message
    return "\n".join([*lines[:_FIRST_LINES], f"… ({left_out} more lines)", *lines[-_LAST_LINES:]])


def advice(errors: str) -> str:
    """Return the remedy for an error whose own text is shown."""
    return f"{hint('logs')} shows why, {hint('up')} tries again." if "healthy" in errors else ""
