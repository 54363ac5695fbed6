"""Ten minutes of steady use: does anything grow, and does the last minute answer as fast as the first?

``make soak`` runs 50 clients against two reference servers, one for each verifier, while realms and servers come and go
beside them. Each second it looks at the memory, the descriptors and the files of Keycloak and of both servers. It exits with
1 if a call failed, or if one of them is larger in the last third than in the middle third by more than a tenth.

The clients call ``add_numbers`` at a steady pace, so that the machine is busy but not full, and an answer's time means
something.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil

from provision.verify.authorization_code import log_in
from provision.verify.context import Context, Run
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from tests.support.reference_server import reference_server
from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from collections.abc import Sequence

CLIENTS = 50
CALLS_PER_SECOND = 40
_REDIRECT = "http://localhost:33419/callback"
_GROWTH = 1.10
_SPARE = {"memory": 16 << 20, "descriptors": 8, "files": 4}
"""Growth that means nothing, in bytes, descriptors and files."""
_CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "add_numbers", "arguments": {"a": 2, "b": 3}},
}


@dataclass
class _Watched:
    """A process, and what it took at each look."""

    name: str
    process: psutil.Process
    home: Path
    memory: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def look(self) -> None:
        self.memory.append(self.process.memory_info().rss)
        self.descriptors.append(self.process.num_fds())
        self.files.append(sum(len(names) for _, _, names in os.walk(self.home)))


@dataclass
class _Calls:
    """The calls of all clients: when each ended, how long it took, and what went wrong."""

    ended: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class _Tokens:
    """An access token of a person who logs in, renewed before it expires."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._renewed = 0.0
        self._token = ""

    def get(self) -> str:
        if time.monotonic() - self._renewed > 60:  # noqa: PLR2004 - tokens live for minutes
            context = Context(self._run)
            server = context.need(authorization_server_metadata)
            client = self._run.target.public_client_id
            self._token = log_in(context, server, client, _REDIRECT).access_token
            self._renewed = time.monotonic()
        return self._token


def main() -> None:
    """Run, print a table, and exit with 1 when something grew or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-m", "--minutes", type=float, default=10, help="how long (default 10)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provision-soak-") as folder:
        report = _soak(Path(folder), options.minutes * 60)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    if report["grew"] or report["failed_calls"]:
        raise SystemExit(1)


def _soak(folder: Path, seconds: float) -> dict[str, Any]:
    stack = StackCli(folder)
    try:
        stack.run("up")
        with ExitStack() as open_ones:
            run = Run(stack.target())
            open_ones.callback(run.end)
            servers = [
                open_ones.enter_context(
                    reference_server(stack, verifier, requests_per_minute=0, verifier=verifier)
                )
                for verifier in ("jwt", "introspection")
            ]
            home = next(stack.data.glob("*/stacks/test"))
            watched = [
                _Watched("keycloak", psutil.Process(stack.processes()["keycloak"]), home / "keycloak"),
                *(
                    _Watched(name, psutil.Process(server.pid), home / "calculator")
                    for name, server in zip(("jwt", "introspection"), servers, strict=True)
                ),
            ]
            done = threading.Event()
            turns: list[float] = []
            neighbour = threading.Thread(target=_come_and_go, args=(folder, done, turns))
            neighbour.start()
            try:
                calls = asyncio.run(_call_steadily([s.url for s in servers], _Tokens(run), watched, seconds))
            finally:
                done.set()
                neighbour.join()
        return _report(calls, watched, turns)
    finally:
        stack.clean_up()


def _come_and_go(folder: Path, done: threading.Event, turns: list[float]) -> None:
    """Bring another stack up, with a realm and a server of its own, and take it down, again and again."""
    for number in itertools.count():
        if done.is_set():
            return
        began = time.monotonic()
        stack = StackCli(folder / f"neighbour-{number}", stack="test-soak")
        try:
            stack.run("up")
        finally:
            stack.clean_up()
        turns.append(time.monotonic() - began)


async def _call_steadily(
    urls: Sequence[str], tokens: _Tokens, watched: Sequence[_Watched], seconds: float
) -> _Calls:
    calls = _Calls()
    token = await asyncio.to_thread(tokens.get)
    began = time.monotonic()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:

        async def client(number: int) -> None:
            await asyncio.sleep(number / CALLS_PER_SECOND)
            while time.monotonic() - began < seconds:
                started = time.monotonic()
                await _call(http, urls[number % len(urls)], token, calls)
                await asyncio.sleep(max(0.0, CLIENTS / CALLS_PER_SECOND - (time.monotonic() - started)))

        tasks = [asyncio.create_task(client(number)) for number in range(CLIENTS)]
        while not all(task.done() for task in tasks):
            for item in watched:
                item.look()
            token = await asyncio.to_thread(tokens.get)
            await asyncio.sleep(1)
        await asyncio.gather(*tasks)
    return calls


async def _call(http: httpx.AsyncClient, url: str, token: str, calls: _Calls) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    started = time.monotonic()
    try:
        answer = await http.post(url, json=_CALL, headers=headers)
    except httpx.HTTPError as error:
        calls.failures.append(type(error).__name__)
        return
    if answer.status_code != httpx.codes.OK or '"result":5.0' not in answer.text:
        calls.failures.append(f"HTTP {answer.status_code}: {answer.text[:80]}")
        return
    calls.ended.append(time.monotonic())
    calls.seconds.append(time.monotonic() - started)


def _report(calls: _Calls, watched: Sequence[_Watched], turns: Sequence[float]) -> dict[str, Any]:
    """Return the figures; the first third is warming up, so the last is compared with the middle."""
    grew = []
    figures: dict[str, Any] = {}
    for item in watched:
        for what, spare in _SPARE.items():
            series: list[int] = getattr(item, what)
            third = len(series) // 3
            middle, last = (statistics.median(part) for part in (series[third:-third], series[-third:]))
            figures[f"{item.name} {what}"] = {"middle": middle, "last": last}
            if last > middle * _GROWTH and last - middle > spare:
                grew.append(f"{item.name} {what}")
    return {
        "calls": len(calls.seconds),
        "failed_calls": len(calls.failures),
        "failures": sorted(set(calls.failures)),
        "p99_ms_of_the_first_third": _p99(calls, 0),
        "p99_ms_of_the_last_third": _p99(calls, 2),
        "stacks_that_came_and_went": len(turns),
        "figures": figures,
        "grew": grew,
    }


def _p99(calls: _Calls, third: int) -> float:
    size = len(calls.seconds) // 3
    part = calls.seconds[third * size : (third + 1) * size]
    if len(part) < 2:  # noqa: PLR2004 - no distribution
        return 0.0
    return round(statistics.quantiles(part, n=100)[98] * 1000, 1)


if __name__ == "__main__":
    main()
