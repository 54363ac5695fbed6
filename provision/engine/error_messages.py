"""What went wrong, in our words: the engine's and its plugins' own are long, and do not say what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable

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
_BASE_IMAGES = "Name base images that this machine has or can pull: `provision:docker: {baseImages: {keycloak: …, python: …}}`."
_NO_IMAGE = (
    r"pull access denied for (?P<denied>[^\s,]+)|manifest for (?P<unknown>\S+) not found"
    r"|failed to resolve source metadata for (?P<unresolved>\S+): "
)
_FIRST_LINES, _LAST_LINES = 2, 6


def explained(errors: str) -> ProvisionError | None:
    """The error in our words; None where the engine's are as good.

    Args:
        errors: What failed, one line for each object, or the engine's last words.
    """
    for pattern, what, do in _KNOWN:
        if re.search(pattern, errors):
            return ProvisionError(what, do)
    for words, explain in _EXPLAINED:
        if found := re.search(words, errors):
            return explain(found)
    return None


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


def _port_is_taken(found: re.Match[str]) -> ProvisionError:
    from provision.runtimes.docker.published import taken

    return taken(int(found["port"]))


def _no_such_image(found: re.Match[str]) -> ProvisionError:
    name = found["denied"] or found["unknown"] or found["unresolved"]
    return ProvisionError(
        f"The image {name} can't be pulled: there is none, or it is not for you.", _BASE_IMAGES
    )


def _no_registry(found: re.Match[str]) -> ProvisionError:
    return ProvisionError(f"An image can't be pulled, its registry is out of reach: {found[0]}", _BASE_IMAGES)


_EXPLAINED: tuple[tuple[str, Callable[[re.Match[str]], ProvisionError]], ...] = (
    # "Bind for 127.0.0.1:80 failed: port is already allocated" of Docker itself, and what the kernel told a proxy of its.
    (r"[\d.\]]+:(?P<port>\d+)\b[^\n]*(?:port is already allocated|address already in use)", _port_is_taken),
    (r"Get \"https?://[^\"\n]+\": (?:dial tcp|net/http|proxyconnect)[^\n]*", _no_registry),
    (_NO_IMAGE, _no_such_image),
)
