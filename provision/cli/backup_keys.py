"""The keys of backups, as users give them: never in arguments, in the environment or in a file that is open to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.errors import UsageError
from provision.cli.secret import asked_for

if TYPE_CHECKING:
    from pathlib import Path


def asked_passphrase(*, twice: bool) -> str:
    """Return the passphrase from a prompt on the terminal, or else the first line of standard input.

    Args:
        twice: Whether to ask for the passphrase again, against typing errors.

    Raises:
        UsageError: There is none.
    """
    return asked_for("the passphrase of the backup", twice=twice)


def passphrase_in(file: Path) -> str:
    """Return the one line of a file.

    Raises:
        UsageError: The file is open to other users, or has not one line.
    """
    lines = text_in(file).splitlines()
    if len(lines) != 1 or not lines[0].strip():
        raise UsageError(f"{file} has to have one line, the passphrase.", "Correct the file.")
    return lines[0]


def text_in(file: Path) -> str:
    """Return the text of a file with a secret.

    Raises:
        UsageError: The file is open to other users, or holds no text.
    """
    if file.stat().st_mode & 0o077:
        raise UsageError(f"{file} is open to other users of this machine.", f"Close it: `chmod 600 {file}`.")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(
            f"{file} holds no text.", "Give the file of the passphrase or of the identity."
        ) from None
