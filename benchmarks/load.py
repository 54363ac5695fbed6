"""What authorization costs: calls per second of the reference server with and without, on one machine in one run.

``make bench-server`` prints a table and writes ``benchmarks/results/load.json``. wrk calls ``add_numbers`` over streamable
HTTP, each call a request of its own on one of eight connections that are kept, and looks at every answer: one that is wrong
fails the run. The realm is a real one, of a throw-away stack. The servers are measured in turns, many short ones, so that
whatever else the machine does hits them all alike; the share of each is that of its own round, and the median is the one to quote.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from provision.runtimes.process.distribution import VERSION as KEYCLOAK
from provision.verify.authorization_code import log_in
from provision.verify.context import Context, Run
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from tests.support.reference_server import reference_server
from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from tests.support.reference_server import ReferenceServer

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "load.json"
CONNECTIONS = 8
OPEN = "no authorization"
GOALS = {"jwt": 0.93, "introspection, cached": 0.90, "introspection, uncached": 0.60}
_SERVERS: dict[str, dict[str, Any]] = {
    OPEN: {"module": "benchmarks.open_server"},
    "jwt": {"verifier": "jwt"},
    "introspection, cached": {"verifier": "introspection"},
    "introspection, uncached": {"verifier": "introspection", "cache_seconds": 0},
}
_REDIRECT = "http://localhost:33419/callback"
_WARM_UP_SECONDS = 5


@dataclass(frozen=True)
class Turn:
    """What wrk found of one server in one turn.

    Args:
        calls: Handler per second.
        p50: Half of the calls took no longer, in milliseconds.
        p99: 99 of 100 calls took no longer, in milliseconds.
        cpu: Processor time of the server's process for one call, in milliseconds.
    """

    calls: float
    p50: float
    p99: float
    cpu: float


def main() -> None:
    """Measure, write the results and print them; exit with 1 when an answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--rounds", type=int, default=12, help="turns of each server (default 12)")
    parser.add_argument("-s", "--seconds", type=int, default=3, help="length of a turn (default 3)")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("error: The load benchmark needs wrk.\nOn Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as folder:
        rounds = _measure(Path(folder), options.rounds, options.seconds)
    _write(rounds, options.seconds)
    _print(rounds)


def _measure(folder: Path, rounds: int, seconds: int) -> list[dict[str, Turn]]:
    stack = StackCli(folder)
    try:
        stack.run("up")
        with ExitStack() as open_ones:
            run = Run(stack.target())
            open_ones.callback(run.end)
            servers = {
                # One user makes all the calls, so their number must not be limited.
                name: open_ones.enter_context(
                    reference_server(stack, name, requests_per_minute=0, **settings)
                )
                for name, settings in _SERVERS.items()
            }
            for server in servers.values():
                _turn(server, _token(run), _WARM_UP_SECONDS)
            return [_round(servers, run, seconds, number) for number in range(rounds)]
    finally:
        stack.clean_up()


def _token(run: Run) -> str:
    """A token of a user who logs in; it lives for minutes, so each round has its own."""
    context = Context(run)
    server = context.need(authorization_server_metadata)
    return log_in(context, server, run.target.public_client_id, _REDIRECT).access_token


def _round(servers: dict[str, ReferenceServer], run: Run, seconds: int, number: int) -> dict[str, Turn]:
    """A turn of each server, in another order each time."""
    token, names = _token(run), list(servers)
    first = number % len(names)
    order = names[first:] + names[:first]
    turns = {name: _turn(servers[name], token, seconds) for name in order}
    sys.stderr.write("  " + ", ".join(f"{name}: {turns[name].calls:.0f}/s" for name in names) + "\n")
    return turns


def _turn(server: ReferenceServer, token: str, seconds: int) -> Turn:
    line = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"]
    line += ["--script", str(ROOT / "benchmarks" / "load.lua"), server.url]
    process = psutil.Process(server.pid)
    before = process.cpu_times()
    done = subprocess.run(
        line, env={**os.environ, "BENCH_TOKEN": token}, capture_output=True, text=True, check=True
    )
    after = process.cpu_times()
    found = json.loads(done.stdout.splitlines()[-1])
    if found["wrong"] or found["broken"] or not found["right"]:
        raise SystemExit(f"error: not every call was answered rightly: {found}")
    spent = after.user + after.system - before.user - before.system
    return Turn(
        calls=found["right"] / found["microseconds"] * 1e6,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        cpu=spent / found["right"] * 1000,
    )


def _summary(rounds: list[dict[str, Turn]], name: str) -> dict[str, Any]:
    turns = [turns[name] for turns in rounds]
    shares = [turns[name].calls / turns[OPEN].calls for turns in rounds]
    return {
        "calls_per_second": round(statistics.median(turn.calls for turn in turns), 1),
        "calls_per_second_max": round(max(turn.calls for turn in turns), 1),
        "p50_ms": round(statistics.median(turn.p50 for turn in turns), 2),
        "p99_ms": round(statistics.median(turn.p99 for turn in turns), 2),
        "server_cpu_ms_per_call": round(statistics.median(turn.cpu for turn in turns), 3),
        "share_of_open": round(statistics.median(shares), 3),
        "share_min": round(min(shares), 3),
        "share_max": round(max(shares), 3),
        "goal": GOALS.get(name),
    }


def _write(rounds: list[dict[str, Turn]], seconds: int) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "when": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "versions": {"keycloak": KEYCLOAK, "fastmcp": version("fastmcp"), "mcp": version("mcp")},
        "connections": CONNECTIONS,
        "rounds": len(rounds),
        "seconds_per_turn": seconds,
        "servers": {name: _summary(rounds, name) for name in rounds[0]},
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n")


def _print(rounds: list[dict[str, Turn]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"add_numbers over HTTP, {CONNECTIONS} connections, {os.cpu_count()} CPUs; medians")
    table.add_column("server")
    for column in ("calls/s", "max", "p50 ms", "p99 ms", "CPU ms/call", "share", "goal"):
        table.add_column(column, justify="right")
    for name in rounds[0]:
        row = _summary(rounds, name)
        goal = row["goal"]
        color = "" if goal is None else "[green]" if row["share_of_open"] >= goal else "[red]"
        table.add_row(
            name,
            f"{row['calls_per_second']:.0f}",
            f"{row['calls_per_second_max']:.0f}",
            f"{row['p50_ms']:.1f}",
            f"{row['p99_ms']:.1f}",
            f"{row['server_cpu_ms_per_call']:.2f}",
            f"{color}{row['share_of_open']:.0%}",
            "" if goal is None else f"≥ {goal:.0%}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
