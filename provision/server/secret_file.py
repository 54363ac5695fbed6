"""Files that settings name, and those with a secret, to which others must have no access."""

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

_LINE_END = 2  # of a file that was written on Windows


@contextmanager
def opened(name: str, path: Path, *, private: bool = True) -> Iterator[IO[bytes]]:
    """A file that a setting names, open to be read.

    Args:
        name: The setting.
        path: The file.
        private: Whether there is a secret in it.

    Raises:
        SettingsError: It cannot be read; or, with a secret in it, others can read or write it, or its group can write it.
    """
    try:
        with path.open("rb") as file:
            if private and os.fstat(file.fileno()).st_mode & (stat.S_IRWXO | stat.S_IWGRP):
                raise SettingsError([f"{name}: {path} is open to other users; run: chmod 0400 {path}"])
            yield file
    except OSError as error:
        raise SettingsError([f"{name}: {path}: {error.strerror or 'cannot be read'}"]) from None


def read_secret(name: str, path: Path, *, most: int) -> SecretStr:
    """The secret that a file holds on its one line; what ends the line is not part of it.

    Args:
        name: The setting that names the file.
        path: The file, mode 0400.
        most: How long the secret may be, in bytes.

    Raises:
        SettingsError: The file cannot be read, is open to others, or holds no secret or something besides. The text
            never says what.
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
