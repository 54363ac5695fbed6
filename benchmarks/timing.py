"""What the benchmarks of whole commands share: they time, write and print alike."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
YARDSTICK = "yardstick: python -c 'import pulumi'"


class Figures:
    """Seconds of wall time by what took them.

    Args:
        goals: What some of them are to be at most.
    """

    def __init__(self, goals: Mapping[str, float]) -> None:
        self.goals = goals
        self.seconds: dict[str, list[float]] = {}

    def time(self, name: str, call: Callable[[], None]) -> float:
        """Call, and note how long that took."""
        began = time.perf_counter()
        call()
        return self.note(name, time.perf_counter() - began)

    def note(self, name: str, seconds: float) -> float:
        """Note a figure, and give it back."""
        self.seconds.setdefault(name, []).append(seconds)
        sys.stderr.write(f"  {name}: {seconds:.2f} s\n")
        return seconds

    def yardstick(self) -> None:
        """Time how fast this machine is at this moment: the same kind of work, and none of it ours."""
        line = [sys.executable, "-c", "import pulumi"]
        self.time(YARDSTICK, lambda: run(line, dict(os.environ)))

    def write(self, name: str, more: Mapping[str, Any] | None = None) -> None:
        """Write them to a file of ``benchmarks/results``.

        Args:
            name: The file's name.
            more: What else is to be known.
        """
        RESULTS.mkdir(parents=True, exist_ok=True)
        document = {
            "when": datetime.now(tz=UTC).isoformat(timespec="seconds"),
            "machine": {
                "cpus": os.cpu_count(),
                "system": platform.platform(),
                "python": platform.python_version(),
            },
            **(more or {}),
            "seconds": {name: self._summary(name) for name in self.seconds},
        }
        (RESULTS / name).write_text(json.dumps(document, indent=2) + "\n")

    def show(self) -> None:
        """Print them as a table."""
        from rich.console import Console
        from rich.table import Table

        table = Table(title=f"Seconds of wall time on {os.cpu_count()} CPUs")
        table.add_column("what")
        for column in ("median", "min", "max", "runs", "goal"):
            table.add_column(column, justify="right")
        for name in self.seconds:
            row = self._summary(name)
            goal = row["goal"]
            color = "" if goal is None else "[green]" if row["median"] <= goal else "[red]"
            table.add_row(
                name,
                f"{color}{row['median']:.2f}",
                f"{row['min']:.2f}",
                f"{row['max']:.2f}",
                str(row["runs"]),
                "" if goal is None else f"≤ {goal}",
            )
        Console().print(table)

    def _summary(self, name: str) -> dict[str, Any]:
        seconds = self.seconds[name]
        return {
            "median": round(statistics.median(seconds), 3),
            "min": round(min(seconds), 3),
            "max": round(max(seconds), 3),
            "runs": len(seconds),
            "goal": self.goals.get(name),
        }


def run(line: list[str], environment: Mapping[str, str]) -> None:
    """Run a command; ends the benchmark if it fails."""
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(line)} failed:\n{done.stdout}{done.stderr}")
