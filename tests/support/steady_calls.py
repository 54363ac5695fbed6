"""Calls of MCP servers that go on while something else happens to the stack."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "add_numbers", "arguments": {"a": 2, "b": 3}},
}
_TOKEN_SECONDS = 0.5


@dataclass
class SteadyCalls:
    """What became of the calls.

    Args:
        done: The number of calls with the right answer, by server.
        failures: The calls without it: the server, and what came instead.
    """

    done: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def call(self, client: httpx.Client, url: str, token: str) -> None:
        """Make one call and note what became of it."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        try:
            answer = client.post(url, json=CALL, headers=headers)
        except httpx.HTTPError as error:
            self.failures.append(f"{url}: {error!r}")
            return
        if answer.status_code == httpx.codes.OK and '"result":5' in answer.text.replace(" ", ""):
            self.done[url] = self.done.get(url, 0) + 1
        else:
            self.failures.append(f"{url}: {answer.status_code} {answer.text[:200]}")


@contextmanager
def steady_calls(tokens: Mapping[str, Callable[[], str]]) -> Iterator[SteadyCalls]:
    """Call servers, one thread for each, with a new token twice a second, until the context ends.

    Args:
        tokens: The function that gets a new token, by the server's URL.
    """
    calls, done = SteadyCalls(), threading.Event()

    def go_on(url: str, new_token: Callable[[], str]) -> None:
        with httpx.Client(timeout=20) as client:
            token, renewed = new_token(), time.monotonic()
            while not done.is_set():
                if time.monotonic() - renewed > _TOKEN_SECONDS:
                    token, renewed = new_token(), time.monotonic()
                calls.call(client, url, token)

    threads = [threading.Thread(target=go_on, args=item) for item in tokens.items()]
    for thread in threads:
        thread.start()
    try:
        yield calls
    finally:
        done.set()
        for thread in threads:
            thread.join()
