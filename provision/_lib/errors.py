"""The toolkit's errors: one line for what is wrong, one line for the remedy."""

from __future__ import annotations


class ProvisionError(Exception):
    """An error that the user can act on.

    Args:
        what: One line that names what is wrong. Never holds a secret.
        do: One line that names the remedy; empty if there is none.
    """

    exit_code = 1

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what if not do else f"{what}\n{do}")
        self.what = what
        self.do = do


class UsageError(ProvisionError):
    """A wrong command line or configuration; nothing was started."""

    exit_code = 2


class StoppedError(ProvisionError):
    """A command that the user stopped by Ctrl-C or SIGTERM.

    Args:
        state: The state in which the command leaves the stack; empty if the command changed nothing.
        do: One line that names how to go on.
    """

    exit_code = 130  # 128 and the number of SIGINT, as shells count

    def __init__(self, state: str = "", do: str = "") -> None:
        super().__init__(f"Stopped. {state}".strip(), do)


class UnsupportedError(ProvisionError):
    """A server that lacks a feature which the object needs, however the object is declared."""


class NotRunningError(ProvisionError):
    """A server on this machine that is not running; it can answer once it is started."""


class NotConfiguredError(ProvisionError):
    """A provider that was given no server, or whose server's address is not known yet."""


class AlreadyExistsError(ProvisionError):
    """An object that already exists and therefore cannot be made."""


class OutcomeUnknownError(ProvisionError):
    """An unknown outcome: the answer was lost or the server failed, so the object may exist or not."""
