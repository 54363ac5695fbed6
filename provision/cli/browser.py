"""The user's web browser."""

from __future__ import annotations

import shutil
import subprocess
import sys

_SECONDS = 3.0


def opens(url: str) -> bool:
    """Open an address in the user's browser; return False if that surely failed.

    What the browser writes is not shown, and it may stay open.

    Args:
        url: The address.
    """
    program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if program is None:
        return False
    try:
        child = subprocess.Popen(
            [program, url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        return child.wait(_SECONDS) == 0
    except subprocess.TimeoutExpired:  # a browser in the foreground
        return True
