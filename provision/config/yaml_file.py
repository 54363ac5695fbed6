"""YAML files, read and written by the C library if it is there (ten times faster).

Only what can be read in one way is accepted: no key twice, no aliases and merge keys (which also could make a small
file huge), no tags, no characters that nobody sees.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any

from provision._lib import user_file
from provision._lib.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of characters, which no text of a file may hold."""
LARGEST = 2**63 - 1
"""The largest whole number that a file may hold, and the largest that Pulumi passes on."""
_DEEPEST = 100
_TAG = "tag:yaml.org,2002:"
_MERGE, _VALUE = f"{_TAG}merge", f"{_TAG}value"
_SCALARS = frozenset(f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_COLLECTIONS = {"MappingNode": f"{_TAG}map", "SequenceNode": f"{_TAG}seq"}
_CORRECT = "Correct the file."
_QUOTE = "Write a number in digits, such as 10; text that looks like one stands in quotes."
_TOP = "config"
"""The key of a stack file around all others, which messages leave out."""


class _WrongError(Exception):
    """A place in a file that can't be accepted.

    Args:
        line: The line, counted from 0.
        reason: What is wrong, without any value; a key is named.
        do: The remedy.
    """

    def __init__(self, line: int, reason: str, do: str = _CORRECT) -> None:
        super().__init__(reason)
        self.line, self.reason, self.do = line, reason, do


class _WrongValueError(_WrongError):
    """A value that can't be accepted; the keys and places around it are added on the way out."""

    def __init__(self, line: int, reason: str, do: str = _CORRECT) -> None:
        super().__init__(line, reason, do)
        self.keys: list[str | int] = []

    def named(self) -> str:
        """Return the path of the value's key and the reason."""
        path = ""
        for key in self.keys[self.keys[:1] == [_TOP] :]:
            path += f"[{key}]" if isinstance(key, int) else f".{key}" if path else key
        return f"{path}: {self.reason}" if path else self.reason


def load(file: Path) -> dict[str, Any]:
    """Return the mapping in a file; an empty file is an empty mapping.

    Raises:
        UsageError: The file can't be read, is not YAML, holds no mapping, or holds something that can be read in
            several ways. The text names the line and no value.
    """
    text = text_of(file)
    try:
        node, loader = _composed(text)
        data = None if node is None else _value(node, loader, set(), 0)
    except _WrongError as error:
        reason = error.named() if isinstance(error, _WrongValueError) else error.reason
        raise UsageError(f"{file} (line {error.line + 1}): {reason}.", error.do) from None
    if data is not None and not isinstance(data, dict):
        raise UsageError(f"{file} holds no mapping.", "It has keys at the top level, such as `config:`.")
    return data or {}


def text_of(file: Path) -> str:
    """Return the text of a file that a user gives.

    Raises:
        UsageError: The file can't be read or is not UTF-8.
    """
    try:
        return user_file.content(file).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not a text file in UTF-8.", _CORRECT) from None
    except OSError as error:
        raise UsageError(
            f"{file} can't be read: {error.strerror}.", "Check its place and permissions."
        ) from None


def line_of(file: Path, path: tuple[str | int, ...]) -> int | None:
    """Return the line, counted from 1, of the value at a path in a file, or of the nearest value around it.

    Args:
        file: The file.
        path: Keys and places in lists, from the top level on.
    """
    try:
        node, _ = _composed(text_of(file))
    except (_WrongError, UsageError):
        return None
    line = None
    for step in path:
        place = _inside(node, step)
        if place is None:
            break
        line, node = place
    return None if line is None else line + 1


def line_of_repeated_key(text: str) -> int | None:
    """Return the line, counted from 1, of the first key that a mapping has twice, or None."""
    try:
        node, loader = _composed(text)
        if node is not None:
            _value(node, loader, set(), 0)
    except _WrongError as error:
        return error.line + 1 if "twice" in error.reason else None
    return None


def dump(data: dict[str, Any] | list[dict[str, Any]]) -> str:
    """Return a mapping, or a list of mappings, as YAML, with the keys in the given order."""
    import yaml

    return str(yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False))


def _composed(text: str) -> tuple[Any, Any]:
    """Return the node of the only document, or None if there is none, and the loader that constructs its values."""
    import yaml

    if (unseen := UNSEEN.search(text)) is not None:
        line = text.count("\n", 0, unseen.start())
        raise _WrongError(line, f"the character U+{ord(unseen[0]):04X} is not text")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return loader.get_single_node(), loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "it can't be read"
        if reason == "but found another document":
            raise _WrongError(
                mark.line if mark else 0, "a second document begins", "Keep one document."
            ) from None
        raise _WrongError(mark.line if mark else 0, f"this is not valid YAML: {reason}") from None
    except RecursionError:
        raise _WrongError(0, "nested too deeply") from None
    finally:
        loader.dispose()


def _value(node: Any, loader: Any, seen: set[int], depth: int) -> Any:
    """Return the value of a node.

    Args:
        node: The node.
        loader: The loader, which constructs the values of scalars.
        seen: The ids of the nodes so far: a node comes twice if an alias stands for it.
        depth: The number of nodes around it.
    """
    line = node.start_mark.line
    if id(node) in seen:
        raise _WrongError(
            line,
            "this value has an anchor (&), and an alias (*) stands for it elsewhere",
            "Write the value in both places; aliases are not read.",
        )
    seen.add(id(node))
    if depth > _DEEPEST:
        raise _WrongError(line, "nested too deeply")
    kind = type(node).__name__
    if kind == "ScalarNode":
        return _scalar(node, loader)
    if node.tag != _COLLECTIONS[kind]:
        raise _WrongError(line, f"the tag {_tag(node)} is not known", "Leave it out.")
    if kind == "SequenceNode":
        return [_value_at(place, item, loader, seen, depth + 1) for place, item in enumerate(node.value)]
    found: dict[str, Any] = {}
    for name, item in node.value:
        key = _key(name, loader, seen, depth)
        if key in found:
            raise _WrongError(name.start_mark.line, f"the key {key!r} is there twice", "Keep one of the two.")
        found[key] = _value_at(key, item, loader, seen, depth + 1)
    return found


def _value_at(key: str | int, node: Any, loader: Any, seen: set[int], depth: int) -> Any:
    """Return the value of a node behind a key or in a list; an error gets to know where that is."""
    try:
        return _value(node, loader, seen, depth)
    except _WrongValueError as error:
        error.keys.insert(0, key)
        raise


def _key(node: Any, loader: Any, seen: set[int], depth: int) -> str:
    line = node.start_mark.line
    if node.tag == _MERGE:
        raise _WrongError(
            line, "a merge key (<<) is not read", "Write the keys that it brings into the mapping."
        )
    key = _value(node, loader, seen, depth + 1)
    if not isinstance(key, str):
        shown = f" {node.value}" if type(node).__name__ == "ScalarNode" else ""
        raise _WrongError(line, f"the key{shown} is no text", "Put it in quotes.")
    return key


def _scalar(node: Any, loader: Any) -> Any:
    line = node.start_mark.line
    if (unseen := UNSEEN.search(node.value)) is not None:
        raise _WrongError(line, f"the character U+{ord(unseen[0]):04X} is not text")
    if node.tag in {_MERGE, _VALUE}:
        return node.value
    if node.tag not in _SCALARS:
        raise _WrongError(line, f"the tag {_tag(node)} is not known", "Leave it out.")
    kind = node.tag.removeprefix(_TAG)
    try:
        value = loader.construct_object(node)
    except Exception:  # noqa: BLE001 - PyYAML raises errors of many types, with texts that repeat the value
        what = {"int": "whole number", "timestamp": "date", "bool": "yes or no"}.get(kind, kind)
        raise _WrongValueError(line, f"this is no {what}", _QUOTE) from None
    if isinstance(value, int) and abs(value) > LARGEST:
        raise _WrongValueError(line, f"this number is too large: {LARGEST} is the largest", _QUOTE)
    if isinstance(value, float) and not isfinite(value):
        raise _WrongValueError(line, "this number is not finite, so it is none that a key takes", _QUOTE)
    return value


def _tag(node: Any) -> str:
    return str(node.tag).replace(_TAG, "!!")


def _inside(node: Any, step: str | int) -> tuple[int, Any] | None:
    """Return the line and the node of a value inside of a node."""
    kind = type(node).__name__
    if kind == "MappingNode" and isinstance(step, str):
        for name, item in node.value:
            if getattr(name, "value", None) == step:
                return name.start_mark.line, item
    if kind == "SequenceNode" and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark.line, item
    return None
