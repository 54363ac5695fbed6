"""The folder of this user's states, logs and data, and whether its disk is full."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Final

from provision._lib.errors import ProvisionError
from provision._lib.ownership import refuse_foreign_place

NO_SPACE: Final = "no space left on device"
"""The system's words for a full disk, by which every error about one is recognised."""

_SMALLEST = 1 << 20  # Keycloak's database grows by more at once


def user_data_dir() -> Path:
    """Return the folder for state, logs and data; ``PROVISION_DATA_DIR`` overrides the platform's own folder.

    Links in the path are followed here and nowhere else, so that a folder has one name, by which stacks are found again.

    Raises:
        ForeignFileError: The folder belongs to another user, or another user may replace it.
        ProvisionError: A link in the path leads to itself.
    """
    if override := os.environ.get("PROVISION_DATA_DIR"):
        return _own(Path(override).absolute())
    from platformdirs import user_data_path

    return _own(user_data_path("provision"))


@cache
def _own(folder: Path) -> Path:
    """Return a folder without links in its path, after looking once in each process whose it is."""
    try:
        place = folder.resolve()
    except RuntimeError:  # what Python raises for a loop of links
        raise ProvisionError(
            f"The data folder {folder} leads to itself.", "Set PROVISION_DATA_DIR to another folder."
        ) from None
    refuse_foreign_place(place, "who could have your secrets or give you others")
    return place


def is_full() -> bool:
    """Return whether the folder's disk has no room for one more write of a database; False if there is no folder."""
    try:
        return shutil.disk_usage(user_data_dir()).free < _SMALLEST
    except OSError:
        return False
