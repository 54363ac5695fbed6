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

if TYPE_CHECKING:
    from pathlib import Path

    from mcp.server.auth.provider import AccessToken


_TOOL_CHARACTERS = 100
"""A caller may name a tool that there is none of, at any length."""


@dataclass(slots=True)
class RequestRecord:
    """What is known about the request under way; the layers below fill in what they find out.

    Args:
        correlation_id: Names the request in the answer and in the audit trail.
        subject: The verified subject of the token.
        client: The verified client of the token.
        scopes: The scopes that the token grants.
        tool: The tool for which a scope is missing.
        reason: Why the request is refused.
    """

    correlation_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    subject: str | None = None
    client: str | None = None
    scopes: list[str] | None = None
    tool: str | None = None
    reason: str | None = None
    _started: float = field(default_factory=time.perf_counter)

    def elapsed_ms(self) -> float:
        """How long the request is under way, in milliseconds."""
        return (time.perf_counter() - self._started) * 1000

    def identify(self, access: AccessToken) -> None:
        """Note who is asking.

        Args:
            access: What the verified token says.
        """
        self.subject, self.client, self.scopes = access.subject, access.client_id, access.scopes


_current: ContextVar[RequestRecord | None] = ContextVar("provision_request", default=None)


def begin_request() -> RequestRecord:
    """Start the record of a request; tasks started below see the same one."""
    record = RequestRecord()
    _current.set(record)
    return record


def current_request() -> RequestRecord:
    """Return the record of the request under way, or an empty one outside of any."""
    return _current.get() or RequestRecord()


class Observer(Protocol):
    """Counts what is noted."""

    def tool_call(self, *, tool: str, outcome: str, seconds: float) -> None:
        """Count a tool call."""

    def refusal(self, *, reason: str) -> None:
        """Count a refusal."""

    def fault(self) -> None:
        """Count a fault of the server itself."""


class AuditTrail:
    """Writes audit lines.

    Args:
        path: The file to append to, created with mode 0600.
        otherwise: Where to write when there is none; standard output unless said otherwise.
    """

    def __init__(self, path: Path | None = None, otherwise: TextIO | None = None) -> None:
        self._descriptor = (
            (otherwise or sys.stdout).fileno()
            if path is None
            else os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        )
        self._observer: Observer | None = None

    def observed_by(self, observer: Observer) -> None:
        """Tell an observer of all that is noted from now on.

        Args:
            observer: It is told no name of a person.
        """
        self._observer = observer

    def tool_call(self, record: RequestRecord, *, tool: str, outcome: str, duration_ms: float) -> None:
        """Note a tool call that authorization let through.

        Args:
            record: The request it came with.
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

        Args:
            record: The request.
            status: The HTTP status it got; None when it did not come over HTTP.
            duration_ms: How long the decision took, in milliseconds.
        """
        if self._observer is not None:
            self._observer.refusal(reason=record.reason or "unknown")
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
        )

    def error(self, record: RequestRecord, error: BaseException) -> None:
        """Note a fault of the server itself: where it happened, not what was said (that may hold arguments).

        Args:
            record: The request it came with.
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
