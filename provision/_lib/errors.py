"""The errors of the toolkit: one line what is wrong, one line what to do about it."""

from __future__ import annotations


class ProvisionError(Exception):
    """Something went wrong that the user can act on.

    Args:
        what: One line, what is wrong. Never holds a secret.
        do: One line, what to do about it; empty when there is nothing to do.
    """

    exit_code = 1

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what if not do else f"{what}\n{do}")
        self.what = what
        self.do = do


class UsageError(ProvisionError):
    """The command line or the configuration is wrong; nothing was started."""

    exit_code = 2


class UnsupportedError(ProvisionError):
    """The server lacks what the object needs, however it is declared."""


class NotRunningError(ProvisionError):
    """The server is one of this machine, and nobody listens there: it has to be started, and then it can be asked."""


class AlreadyExistsError(ProvisionError):
    """The object to be made is there already."""


class OutcomeUnknownError(ProvisionError):
    """Nobody knows whether the object was made: the answer was lost, or the server failed on the way."""
