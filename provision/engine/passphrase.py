"""The user's passphrase, which encrypts the secrets in the states of all projects on this machine."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from provision._lib.data_folder import user_data_dir
from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.ownership import refuse_foreign
from provision._lib.private_file import make_private_folder

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 32
_OTHER = (
    "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one that the stacks were made with"
)


class LostPassphraseError(ProvisionError):
    """A passphrase file that is gone or empty, while stacks need it."""


def place() -> Path:
    """Return the path of the passphrase file, which may not exist yet."""
    return user_data_dir() / "passphrase"


def file() -> Path:
    """Return the passphrase file; generate it if there is neither a passphrase nor a stack that needs one.

    Raises:
        LostPassphraseError: The file is empty, or it is missing while there are stacks, which a new passphrase does not open.
        ForeignFileError: The file belongs to another user.
    """
    path = place()
    refuse_foreign(path, "who would know the passphrase")
    try:
        if path.stat().st_size > 0:
            return path
    except FileNotFoundError:
        _refuse_while_there_are_stacks(path)
        return _generated(path)
    raise LostPassphraseError(
        f"The passphrase file {path} is empty.", f"Put the passphrase back, or {_OTHER}."
    )


def _refuse_while_there_are_stacks(path: Path) -> None:
    states = path.parent.glob("*/state/.pulumi/stacks/*/*.json")
    if (state := next(states, None)) is not None:
        raise LostPassphraseError(
            f"The passphrase file {path} is missing, and a new one would not open the secrets of the stacks that there are "
            f"(such as {state}).",
            f"Put the file back, or {_OTHER}. If it is lost: {hint('down', '--remove')} for each stack of "
            f"{hint('status --all')}.",
        )


def _generated(path: Path) -> Path:
    make_private_folder(path.parent)
    temporary = path.with_name(f"passphrase.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(secrets.token_urlsafe(_BYTES))
        os.link(temporary, path)  # fails if another run was first: then that run's passphrase is used
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path
