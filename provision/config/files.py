"""Files that the stack file names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, ValidationInfo

from provision.server.values import FilePath

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "folder"
"""The key of pydantic's validation context that holds the folder of the stack file."""


def _in_folder(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get(FOLDER)
    return path if folder is None else folder / path


File = Annotated[FilePath, AfterValidator(_in_folder)]
"""The path of a file, absolute or relative to the folder of the stack file."""
