"""The audit trail: one JSON line per tool call and per refusal, without tokens and arguments."""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TextIO

from provision.server.allowance import Allowance

if TYPE_CHECKING:
    from pathlib import Path

    from mcp.server.auth.provider import AccessToken

_TOOL_CHARACTERS = 100
"""The maximal length of a logged tool name; a caller may name an unknown tool at any length."""
_LINES_AT_ONCE = 500
_LINES_PER_MINUTE = 60


End = tuple[str, int]
"""An address and a port."""
Ends = tuple[End, End]


@dataclass(slots=True)
class RequestRecord:
    """The known facts about the current request; the inner layers fill in their findings.

    Args:
        correlation_id: The name of the request in the answer and in the audit trail.
        subject: The verified subject of the token.
        client: The verified client of the token.
        scopes: The scopes that the token grants.
        tool: The tool for which a scope is missing.
        reason: Why the request is refused.
        ends: The connection's ends, ours and the caller's, each an address and a port; None if a proxy in front hides the
            caller.
    """

    correlation_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    subject: str | None = None
    client: str | None = None
    scopes: list[str] | None = None
    tool: str | None = None
    reason: str | None = None
    ends: Ends | None = None
    _started: float = field(default_factory=time.perf_counter)

    def elapsed_ms(self) -> float:
        """Return the time since the request's start, in milliseconds."""
        return (time.perf_counter() - self._started) * 1000

    def identify(self, access: AccessToken) -> None:
        """Record the caller's identity.

        Args:
            access: The content of the verified token.
        """
        self.subject, self.client, self.scopes = access.subject, access.client_id, access.scopes


_current: ContextVar[RequestRecord | None] = ContextVar("provision_request", default=None)


def begin_request(ends: Ends | None = None) -> RequestRecord:
    """Start the record of a request; tasks started afterwards share the record.

    Args:
        ends: The connection's ends, ours and the caller's, if the caller's is known.
    """
    record = RequestRecord(ends=ends)
    _current.set(record)
    return record


def current_request() -> RequestRecord:
    """Return the record of the current request, or an empty one outside of a request."""
    return _current.get() or RequestRecord()


class Observer(Protocol):
    """A counter of the audited events."""

    def tool_call(self, *, tool: str, outcome: str, seconds: float) -> None:
        """Count a tool call."""

    def refusal(self, *, reason: str) -> None:
        """Count a refusal."""

    def fault(self) -> None:
        """Count a fault of the server itself."""


class AuditTrail:
    """The writer of audit lines.

    Args:
        path: The file to append to, created with mode 0600.
        otherwise: The stream to write to if there is no file; standard output by default.
    """

    def __init__(self, path: Path | None = None, otherwise: TextIO | None = None) -> None:
        self._descriptor = (
            (otherwise or sys.stdout).fileno()
            if path is None
            else os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        )
        self._observer: Observer | None = None
        self._lines = Allowance(per_minute=_LINES_PER_MINUTE, burst=_LINES_AT_ONCE)
        self._left_out: dict[str | None, int] = {}

    def observed_by(self, observer: Observer) -> None:
        """Report every event from now on to an observer.

        Args:
            observer: The observer; it receives no name of a person.
        """
        self._observer = observer

    def tool_call(self, record: RequestRecord, *, tool: str, outcome: str, duration_ms: float) -> None:
        """Note a tool call that authorization let through.

        Args:
            record: The record of the request.
            tool: Name of the tool as the client gave it.
            outcome: ``ok`` or ``error``.
            duration_ms: How long the call took, in milliseconds.
        """
        if self._observer is not None:
            self._observer.tool_call(tool=tool, outcome=outcome, seconds=duration_ms / 1000)
        self._write(
            event="tool_call",
            decision="allowed",
            outcome=outcome,
            tool=tool[:_TOOL_CHARACTERS],
            subject=record.subject,
            client=record.client,
            scopes=record.scopes,
            duration_ms=round(duration_ms, 3),
            correlation_id=record.correlation_id,
        )

    def refusal(self, record: RequestRecord, *, status: int | None, duration_ms: float) -> None:
        """Note a request that was refused before it reached a tool.

        A caller can cause refusals before authentication, and by the rate limit, without end. Once there are many of these
        for one reason, only some get a line: the next line says how many were left out.

        Args:
            record: The record of the request.
            status: The HTTP status of the answer; None if the request did not come over HTTP.
            duration_ms: How long the decision took, in milliseconds.
        """
        if self._observer is not None:
            self._observer.refusal(reason=record.reason or "unknown")
        unlimited = record.client is None or record.reason == "rate_limited"
        if unlimited and self._lines.use(record.reason):
            self._left_out[record.reason] = self._left_out.get(record.reason, 0) + 1
            return
        left_out = self._left_out.pop(record.reason, 0) if unlimited else 0
        self._write(
            event="refusal",
            decision="refused",
            reason=record.reason,
            status=status,
            tool=record.tool and record.tool[:_TOOL_CHARACTERS],
            subject=record.subject,
            client=record.client,
            scopes=record.scopes,
            duration_ms=round(duration_ms, 3),
            correlation_id=record.correlation_id,
            **({"left_out": left_out} if left_out else {}),
        )

    def error(self, record: RequestRecord, error: BaseException) -> None:
        """Note a fault of the server itself: its place in the code, not its text (which may hold arguments).

        Args:
            record: The record of the request.
            error: The fault.
        """
        if self._observer is not None:
            self._observer.fault()
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else None
        self._write(
            event="error",
            error=type(error).__name__,
            place=place,
            subject=record.subject,
            client=record.client,
            correlation_id=record.correlation_id,
        )

    def _write(self, **fields: object) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # One write of one line: lines of several processes that append to one file do not mix.
        os.write(self._descriptor, (json.dumps({"time": now, **fields}) + "\n").encode())
