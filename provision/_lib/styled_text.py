"""A line for people: pieces of styled text, which a terminal shows in color and other outputs show plain."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Segment: TypeAlias = str | tuple[str, str]
"""A piece of a line: its text, or its text and a Rich style such as ``bold red``."""
Line: TypeAlias = tuple[Segment, ...]
Paragraph: TypeAlias = tuple[int, *tuple[Segment, ...]]
"""A line that may wrap: the indentation of its further lines in columns, and its pieces."""


def printable(text: str, *, besides: str = "") -> str:
    """Return foreign text with every character replaced that could move the cursor, hide text or end the line.

    Args:
        text: The text.
        besides: Characters to keep, such as the line end if the text may have several lines.
    """
    return "".join(char if char.isprintable() or char in besides else "�" for char in text)


def plain(line: Iterable[Segment]) -> str:
    """Return the text without styles."""
    return "".join(map(_text, line))


def laid_out(paragraphs: Iterable[Paragraph], width: int) -> Iterator[Line]:
    """Yield the lines of paragraphs, none wider than ``width`` unless a single word is.

    Args:
        paragraphs: The paragraphs; leading blanks are kept, and a paragraph without text becomes an empty line.
        width: The width in columns.
    """
    for hang, *segments in paragraphs:
        yield from _wrapped(tuple(segments), width, " " * hang) if any(map(_text, segments)) else ((),)


def _wrapped(line: Line, width: int, indent: str) -> Iterator[Line]:
    text = plain(line)
    words = text.lstrip()
    first, end = text[: -len(words)], 0
    for part in textwrap.wrap(
        words,
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    ):
        ahead = indent if end else first
        begin = text.index(part.removeprefix(ahead), end)
        end = begin + len(part) - len(ahead)
        yield tuple(filter(None, (ahead, *_piece(line, begin, end))))


def _piece(line: Line, begin: int, end: int) -> Iterator[Segment]:
    """Return the text between two columns, with its styles."""
    start = 0
    for segment in line:
        text = _text(segment)
        part = text[max(begin - start, 0) : max(end - start, 0)]
        if part:
            yield part if isinstance(segment, str) else (part, segment[1])
        start += len(text)


def _text(segment: Segment) -> str:
    return segment if isinstance(segment, str) else segment[0]
