"""The folder of this user's states, logs and data, and whether its disk is full."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

NO_SPACE: Final = "no space left on device"
"""The system's words for a full disk, by which every error about one is recognised."""

_SMALLEST = 1 << 20  # Keycloak's database grows by more at once


def user_data_dir() -> Path:
    """Return the folder for state, logs and data; ``PROVISION_DATA_DIR`` overrides the platform's own folder."""
    if override := os.environ.get("PROVISION_DATA_DIR"):
        return Path(override).absolute()
    from platformdirs import user_data_path

    return user_data_path("provision")


def is_full() -> bool:
    """Return whether the folder's disk has no room for one more write of a database; False if there is no folder."""
    try:
        return shutil.disk_usage(user_data_dir()).free < _SMALLEST
    except OSError:
        return False
