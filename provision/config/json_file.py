"""JSON files that a user gives; what can be read in several ways is refused, as in a YAML file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from provision._lib.errors import UsageError
from provision.config.yaml_file import LARGEST, line_of_repeated_key, text_of

if TYPE_CHECKING:
    from pathlib import Path

_CORRECT = "Correct the file."
_DIGITS = 30


class _RepeatedKeyError(ValueError):
    """A key that an object has twice."""


class _NumberError(ValueError):
    """A number that can't be read exactly."""


def load(file: Path) -> Any:
    """Return the value in a file.

    Raises:
        UsageError: The file can't be read, is not JSON, or holds something that can be read in several ways. The text
            names no value.
    """
    text = text_of(file)
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{file} (line {error.lineno}) is not JSON: {error.msg}.", _CORRECT) from None
    except _RepeatedKeyError as error:
        line = line_of_repeated_key(text)
        where = "" if line is None else f" (line {line})"
        raise UsageError(f"{file}{where}: the key {error} is there twice.", "Keep one of the two.") from None
    except ValueError as error:
        raise UsageError(f"{file}: {error}.", _CORRECT) from None
    except RecursionError:
        raise UsageError(f"{file} is nested too deeply.", _CORRECT) from None


def loads(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: The text is not JSON (``json.JSONDecodeError``), or holds a key twice, a number that is too large,
            or half a character.
        RecursionError: The text is nested too deeply.
    """
    value = json.loads(
        text, object_pairs_hook=_object, parse_int=_whole, parse_float=_float, parse_constant=_constant
    )
    if "\\u" in text:  # only such an escape can bring a character that the file can't hold as it is
        _refuse_halves(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedKeyError(repr(next(name for name in names if names.count(name) > 1)))
    return found


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS or abs(int(digits)) > LARGEST:
        raise _NumberError("a number is too large")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise _NumberError("a number is too large")
    return number


def _constant(name: str) -> NoReturn:
    raise _NumberError(f"{name} is no number of JSON")


def _refuse_halves(value: Any) -> None:
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("a text holds half a character (\\ud800 to \\udfff)")
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_halves(name)
            _refuse_halves(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_halves(item)
