"""The owners of the files that are used: this user, root, and each user that ``PROVISION_TRUSTED_USERS`` names.

A stack file names programs, and addresses that get secrets; the data folder holds what decides both. A user who may write
one of them therefore acts as the user who runs a command, so a file of any other user is refused.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision._lib.loopback import trusted_users, trusting, user_name

if TYPE_CHECKING:
    from pathlib import Path

_ROOT = 0


class ForeignFileError(ProvisionError):
    """A file or folder that another user owns, or may replace; nothing was started."""

    exit_code = 2


def refuse_foreign(path: Path, why: str) -> None:
    """Refuse a file or folder that belongs to another user, and a folder in which other users may replace files.

    A link counts with the file that it leads to: both must belong to this user, to root or to a trusted user. What is not
    there is not refused.

    Args:
        path: The file or folder.
        why: What the owner of the file could do, as the end of a sentence.

    Raises:
        ForeignFileError: The file or folder is refused.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        for status in (path.lstat(), path.stat()):
            if status.st_uid not in {_ROOT, *_own()}:
                raise _foreign(path, status.st_uid, why)
            if stat.S_ISDIR(status.st_mode) and status.st_uid not in _own() and _is_open(status):
                raise ForeignFileError(
                    f"Other users of this machine may replace what is in {path}, {why}.",
                    f"Close the folder to them (`chmod o-w,g-w {path}`), or use a folder of your own. "
                    f"If you trust all of them: {trusting(status.st_uid)}.",
                )


def refuse_foreign_place(folder: Path, why: str) -> None:
    """Refuse a folder as :func:`refuse_foreign` does, also if another user may replace a folder above it.

    In a folder with the sticky bit, such as ``/tmp``, nobody can replace what belongs to somebody else.

    Args:
        folder: The folder, without links in its path; it need not exist yet.
        why: What the owner of the folder could do, as the end of a sentence.

    Raises:
        ForeignFileError: The folder is refused.
    """
    refuse_foreign(folder, why)
    for above in folder.parents:
        with suppress(OSError):
            if above.stat().st_mode & stat.S_ISVTX:
                continue
        refuse_foreign(above, why)


def _own() -> set[int]:
    """Return the ids of this user and of the trusted users, whose folders may be open to whom they like."""
    return {os.geteuid(), *trusted_users()}


def _is_open(status: os.stat_result) -> bool:
    """Return whether others than the owner and root's own group may replace what is in a folder."""
    by_group = status.st_mode & stat.S_IWGRP and status.st_gid != _ROOT
    return bool(by_group or status.st_mode & stat.S_IWOTH) and not status.st_mode & stat.S_ISVTX


def _foreign(path: Path, owner: int, why: str) -> ForeignFileError:
    return ForeignFileError(
        f"{path} belongs to another user ({user_name(owner)}), {why}.",
        f"If you trust that user, as with a checkout that is mounted into a container, set {trusting(owner)}. "
        "Otherwise take a folder of your own.",
    )
