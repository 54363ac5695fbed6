"""The audit lines in the logs of a stack's servers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EVENTS = frozenset({"tool_call", "refusal", "error"})


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter for audit lines; None accepts any value.

    Args:
        subject: The subject of the token.
        decision: ``allowed`` or ``refused``.
        correlation_id: The correlation id of the answer.
    """

    subject: str | None = None
    decision: str | None = None
    correlation_id: str | None = None

    def matches(self, entry: Mapping[str, Any]) -> bool:
        """Return whether an audit entry passes the filter."""
        asked = {
            "subject": self.subject,
            "decision": self.decision,
            "correlation_id": self.correlation_id,
        }
        return all(value is None or entry.get(name) == value for name, value in asked.items())


def entry_of(line: str) -> dict[str, Any] | None:
    """Return the audit entry in a line of a log, or None for any other line.

    Args:
        line: The whole line; a server writes each entry at once and on a line of its own.
    """
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.get("event") not in _EVENTS or "time" not in entry:
        return None
    return entry


def last_entries(
    files: Mapping[str, str], wanted: Filter, count: int
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return the last matching entries of all files, oldest first, and the offset at which to go on in each file.

    Args:
        files: The files by the server's name.
        wanted: The filter for the entries.
        count: The greatest number of entries.
    """
    from provision.cli.tail import last_lines

    def matches(line: str) -> bool:
        entry = entry_of(line)
        return entry is not None and wanted.matches(entry)

    tails = {name: last_lines(file, count, only=matches) for name, file in files.items()}
    found = [
        {"server": name, **entry}
        for name, tail in tails.items()
        for entry in map(entry_of, tail.lines)
        if entry is not None
    ]
    found.sort(key=lambda entry: str(entry["time"]))
    return found[-count:], {name: tail.offset for name, tail in tails.items()}


def new_entries(
    files: Mapping[str, str], wanted: Filter, offsets: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """Yield each matching entry as it is added to the files, for ever.

    Args:
        files: The files by the server's name.
        wanted: The filter for the entries.
        offsets: The offset at which to start in each file, in bytes.
    """
    from provision.cli.tail import follow_files

    for name, line in follow_files(files, offsets):
        entry = entry_of(line)
        if entry is not None and wanted.matches(entry):
            yield {"server": name, **entry}


def readable(entry: Mapping[str, Any]) -> str:
    """Return a readable line: time, decision, tool, subject, client, duration, reason, correlation id.

    Args:
        entry: An audit entry.
    """
    decision = entry.get("decision") or entry["event"]
    reason = entry.get("reason") or _fault(entry) or ("" if entry.get("outcome") == "ok" else "failed")
    duration = entry.get("duration_ms")
    fields = (
        _plain(entry["time"]),
        f"{_plain(decision):<7}",
        f"{_plain(entry.get('tool')):<16}",
        _plain(entry.get("subject")),
        _plain(entry.get("client")),
        "-" if duration is None else f"{duration:.1f} ms",
        _plain(reason or "ok"),
        _plain(entry.get("correlation_id")),
    )
    return "  ".join(fields)


def _fault(entry: Mapping[str, Any]) -> str | None:
    return f"{entry['error']} at {entry.get('place')}" if entry.get("error") else None


def _plain(value: object) -> str:
    """Return a value, which a caller may have chosen, without control characters for a terminal."""
    text = "-" if value is None else str(value)
    return text if text.isprintable() else json.dumps(text)[1:-1]
