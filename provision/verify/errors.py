"""The ways in which a proof fails."""

from __future__ import annotations

from provision._lib.errors import ProvisionError


class Failed(ProvisionError):  # noqa: N818 - a failed proof is a result, not an error
    """A stack that does not do what the proof requires.

    Args:
        what: One readable line; never holds a token or a secret.
    """


class Unmet(Exception):  # noqa: N818 - it says what happened to the prerequisite
    """A failed prerequisite: another proof on which this one builds.

    Args:
        check: The id of the failed prerequisite.
        detail: Why the prerequisite failed.
    """

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(check)
        self.check = check
        self.detail = detail
