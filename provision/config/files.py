"""Files that the stack file names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

FOLDER = "folder"
"""The key of the validation's context under which the folder of the stack file is."""


def _in_folder(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get(FOLDER)
    return path if folder is None else folder / path


File = Annotated[Path, AfterValidator(_in_folder)]
"""The path of a file, absolute or from the folder of the stack file."""
