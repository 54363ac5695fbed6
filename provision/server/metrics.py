"""The server's counters for Prometheus; imported only if metrics are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_asgi_app

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Receive, Scope, Send

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_OTHER = "other"


class Metrics:
    """The metrics of one server, in a registry of their own.

    No label takes a value that a caller chooses: each value would be a series that is kept forever.

    Args:
        tools: The names of all tools.
    """

    def __init__(self, tools: Collection[str]) -> None:
        registry = CollectorRegistry()
        self._tools = frozenset(tools)
        self._calls = Counter(
            "mcp_tool_calls",
            "Tool calls that authorization let through.",
            ["tool", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "mcp_tool_call_duration_seconds",
            "How long tool calls took.",
            ["tool"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._refusals = Counter(
            "mcp_refusals", "Requests that were refused, by the reason.", ["reason"], registry=registry
        )
        self._faults = Counter("mcp_faults", "Faults of the server itself.", registry=registry)
        self._questions = Counter(
            "mcp_authorization_server_requests",
            "Questions to the authorization server; all but those answered are outages.",
            ["outcome"],
            registry=registry,
        )
        self.in_flight = Gauge(
            "mcp_requests_in_flight", "Requests under way, apart from health and metrics.", registry=registry
        )
        self._page = make_asgi_app(registry)

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with all metrics, in the format that the client asks for."""
        await self._page(scope, receive, send)

    def tool_call(self, *, tool: str, outcome: str, seconds: float) -> None:
        """Count a tool call.

        Args:
            tool: The tool's name as the client gave it.
            outcome: ``ok`` or ``error``.
            seconds: The duration in seconds.
        """
        name = tool if tool in self._tools else _OTHER
        self._calls.labels(name, outcome).inc()
        self._seconds.labels(name).observe(seconds)

    def refusal(self, *, reason: str) -> None:
        """Count a refusal.

        Args:
            reason: The reason as in the audit trail; the text after a colon is a detail and is not counted.
        """
        self._refusals.labels(reason.partition(":")[0]).inc()

    def fault(self) -> None:
        """Count a fault of the server itself."""
        self._faults.inc()

    def counted(self, transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        """Return a transport whose requests are counted.

        Args:
            transport: The transport that does the work.
        """
        return _CountedTransport(transport, self._questions)


class _CountedTransport(httpx2.AsyncBaseTransport):
    def __init__(self, transport: httpx2.AsyncBaseTransport, questions: Counter) -> None:
        self._transport = transport
        self._questions = questions

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = await self._transport.handle_async_request(request)
        except Exception:
            self._questions.labels("unreachable").inc()
            raise
        self._questions.labels("answered" if response.status_code == httpx2.codes.OK else "status").inc()
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()
