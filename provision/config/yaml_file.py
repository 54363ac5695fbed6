"""YAML files, read and written by the C library if it is there (ten times faster)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision._lib.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def load(file: Path) -> dict[str, Any]:
    """Return the mapping in a file; an empty file is an empty mapping.

    Raises:
        UsageError: The file can't be read, is not YAML, or holds no mapping.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 - a safe loader either way
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        reason = getattr(error, "problem", None) or "not YAML"
        raise UsageError(f"{file}{where} is not valid YAML: {reason}.", "Correct the file.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not a text file in UTF-8.", "Correct the file.") from None
    except OSError as error:
        raise UsageError(
            f"{file} can't be read: {error.strerror}.", "Check its place and permissions."
        ) from None
    if data is not None and not isinstance(data, dict):
        raise UsageError(f"{file} holds no mapping.", "It has keys at the top level, such as `config:`.")
    return data or {}


def dump(data: dict[str, Any]) -> str:
    """Return the mapping as YAML, with the keys in the given order."""
    import yaml

    return str(yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False))
