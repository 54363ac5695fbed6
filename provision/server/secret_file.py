"""The files that settings name; files with a secret must be closed to other users."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from pydantic import SecretStr

from provision.server.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINE_END = 2  # written on Windows


@contextmanager
def opened(name: str, path: Path, *, private: bool = True) -> Iterator[IO[bytes]]:
    """Open a file that a setting names, for reading.

    Args:
        name: The setting.
        path: The file.
        private: Whether the file holds a secret.

    Raises:
        SettingsError: The file cannot be read; or the file holds a secret and others can read or write it, or its
            group can write it.
    """
    try:
        with path.open("rb") as file:
            if private and os.fstat(file.fileno()).st_mode & (stat.S_IRWXO | stat.S_IWGRP):
                raise SettingsError([f"{name}: {path} is open to other users; run: chmod 0400 {path}"])
            yield file
    except OSError as error:
        raise SettingsError([f"{name}: {path}: {error.strerror or 'cannot be read'}"]) from None


def read_secret(name: str, path: Path, *, most: int) -> SecretStr:
    """Return the secret on the single line of a file, without the line end.

    Args:
        name: The setting that names the file.
        path: The file, mode 0400.
        most: The longest secret allowed, in bytes.

    Raises:
        SettingsError: The file cannot be read, is open to others, holds no secret, or holds something else as well.
            The text never quotes the content.
    """
    with opened(name, path) as file:
        content = file.read(most + _LINE_END + 1).rstrip(b"\r\n")
    try:
        secret = content.decode()
    except UnicodeDecodeError:
        raise SettingsError([f"{name}: {path} is not text"]) from None
    if not secret or len(content) > most or not secret.isprintable():
        raise SettingsError([f"{name}: {path} must hold the secret on one line and nothing else"])
    return SecretStr(secret)
