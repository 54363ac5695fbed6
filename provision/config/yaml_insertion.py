"""Entries added to the lists of a YAML file, without a change to anything else in the file: comments, order, style."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision._lib import user_file
from provision._lib.errors import UsageError
from provision._lib.private_file import rewrite
from provision.config import yaml_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_STEP = "  "


def insert(file: Path, lists: Mapping[tuple[str, ...], Sequence[Mapping[str, Any]]]) -> None:
    """Add entries at the end of lists in a file; a list that is not there is made.

    Args:
        file: The file.
        lists: The new entries of each list, by the keys that lead to the list from the top level on.

    Raises:
        UsageError: The file is written in a way in which no entry can be added. The file is unchanged.
    """
    raw = user_file.content(file)
    text = raw.decode("utf-8-sig")
    ending = "\r\n" if "\r\n" in text else "\n"
    added = text.replace("\r\n", "\n")
    for path, items in lists.items():
        if items:
            added = _inserted(added, path, items, file)
    if added != text.replace("\r\n", "\n"):
        mark = raw[: len(raw) - len(text.encode())]
        rewrite(file, mark + added.replace("\n", ending).encode())


def _inserted(text: str, path: tuple[str, ...], items: Sequence[Mapping[str, Any]], file: Path) -> str:
    """Return the text with the entries, after a comparison of its meaning with what was asked for."""
    wanted = _with_items(_meaning(text), path, items)
    added = _written(text, path, items)
    if added is None or _meaning(added) != wanted:
        raise UsageError(
            f"{file}: no entry can be added to {'.'.join(path[1:])} as it is written.",
            "Write that list with a line for each entry, each beginning with a dash.",
        )
    return added


def _meaning(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, ValueError):
        return None


def _with_items(data: Any, path: tuple[str, ...], items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the data with the entries at the end of the list; what stands in the way of a list stays."""
    found = dict(data or {})
    key, *inner = path
    below = found.get(key)
    if inner:
        found[key] = (
            _with_items(below, tuple(inner), items) if below is None or isinstance(below, dict) else below
        )
    else:
        found[key] = [*(below or ()), *map(dict, items)]
    return found


def _written(text: str, path: tuple[str, ...], items: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the text with the entries, or None if there is no place for them."""
    import yaml

    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return _with_lines(text, len(text), _block(path, items, ""))
    name, node, missing = _nearest(root, path)
    kind, in_brackets = type(node).__name__, getattr(node, "flow_style", None)
    if name is not None and _is_empty(node):
        return _with_value(
            text, name, node, _block(missing, items, " " * (name.start_mark.column + len(_STEP)))
        )
    indent = " " * node.start_mark.column
    if kind == "MappingNode" and not in_brackets and missing:
        return _with_lines(text, _end(text, node), _block(missing, items, indent))
    if kind == "SequenceNode" and not missing:
        if not in_brackets:
            return _with_lines(text, _end(text, node), _items(items, indent))
        end = node.end_mark.index - 1
        return f"{text[:end].rstrip()}, {', '.join(map(_flow, items))}{text[end:]}"
    return None


def _nearest(root: Any, path: tuple[str, ...]) -> tuple[Any, Any, tuple[str, ...]]:
    """Return the last key of the path that is there (None for none), its value, and the keys that are missing."""
    name, node = None, root
    for depth, key in enumerate(path):
        entries = node.value if type(node).__name__ == "MappingNode" else ()
        pair = next((pair for pair in entries if pair[0].value == key), None)
        if pair is None:
            return name, node, path[depth:]
        name, node = pair
    return name, node, ()


def _with_value(text: str, name: Any, node: Any, lines: str) -> str:
    """Return the text with a value in the place of an empty one; a comment behind it stays."""
    after_key = text.index(":", name.end_mark.index) + 1
    end = _line_end(text, node.end_mark.index)
    comment = text[node.end_mark.index : end].rstrip()
    return f"{text[:after_key]}{comment}\n{lines}{text[end:].removeprefix(chr(10))}"


def _is_empty(node: Any) -> bool:
    """Return whether a value is null or an empty collection."""
    return not node.value or node.tag == "tag:yaml.org,2002:null"


def _block(path: tuple[str, ...], items: Sequence[Mapping[str, Any]], indent: str) -> str:
    """Return the lines of keys that lead to a list with the entries."""
    lines = [f"{indent}{_STEP * depth}{key}:\n" for depth, key in enumerate(path)]
    return "".join(lines) + _items(items, indent + _STEP * len(path))


def _items(items: Sequence[Mapping[str, Any]], indent: str) -> str:
    dumped = yaml_file.dump(list(map(dict, items)))
    return "".join(f"{indent}{line}\n" if line else "\n" for line in dumped.splitlines())


def _flow(item: Mapping[str, Any]) -> str:
    """Return an entry on one line, for a list in brackets."""
    import yaml

    return str(yaml.safe_dump(dict(item), default_flow_style=True, sort_keys=False, width=1 << 20)).strip()


def _end(text: str, node: Any) -> int:
    """Return the place after the last line of a node."""
    while type(node).__name__ != "ScalarNode" and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end = node.end_mark.index
    in_block = type(node).__name__ == "ScalarNode" and node.style in {"|", ">"}
    if in_block and text[:end].endswith("\n"):
        return int(end)
    return _line_end(text, end)


def _line_end(text: str, place: int) -> int:
    """Return the place of the line break after a place, or the end of the text."""
    found = text.find("\n", place)
    return len(text) if found < 0 else found


def _with_lines(text: str, place: int, lines: str) -> str:
    """Return the text with whole lines inserted after the line that ends at a place."""
    before, after = text[:place], text[place:]
    if before and not before.endswith("\n"):
        before, after = f"{before}\n", after.removeprefix("\n")
    return before + lines + after
