"""How a proof ends that does not hold."""

from __future__ import annotations

from provision._lib.errors import ProvisionError


class Failed(ProvisionError):  # noqa: N818 - a failed proof is a result, not an error
    """The stack does not do what the proof is about.

    Args:
        what: One readable line; never holds a token or a secret.
    """


class Unmet(Exception):  # noqa: N818 - it says what happened to the prerequisite
    """Another proof, which this one builds on, failed.

    Args:
        check: The id of the failed prerequisite.
        detail: Why that one failed.
    """

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(check)
        self.check = check
        self.detail = detail
