"""Times the commands as whole processes, beside what a user would do instead, in one run on one machine.

``make bench`` prints a table and writes ``benchmarks/results/latest.json``. Figures are seconds of wall time; the
median is the one to quote. The baselines run the steps of the tutorial against a ``start-dev`` Keycloak as shipped.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "latest.json"
PROVISION = Path(sys.executable).with_name("provision")
GOALS = {"up, cold": 6.0, "up, nothing to do": 1.0, "preview": 1.0, "down": 2.0, "--help": 0.3}
_READY_WITHIN_SECONDS = 180
_YARDSTICK = [sys.executable, "-c", "import pulumi"]


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--runs", type=int, default=5, help="runs of each command (default 5)")
    parser.add_argument(
        "--baseline-runs", type=int, default=1, help="runs of each baseline (default 1; 0 leaves them out)"
    )
    options = parser.parse_args()
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as folder:
        _ours(figures, options.runs, Path(folder))
        for _ in range(options.baseline_runs):
            _baselines(figures, Path(folder))
    _write(figures)
    _print(figures)


def _ours(figures: dict[str, list[float]], runs: int, folder: Path) -> None:
    """The commands on a copy of the throw-away stack, so that nothing of the user's is touched."""
    environment = {**os.environ, "PROVISION_DATA_DIR": str(folder / "data")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps its compiled files

    def command(*arguments: str) -> Callable[[], None]:
        line = [str(PROVISION), "-C", str(ROOT), *arguments]
        return lambda: _run(line, environment)

    stack = ("-s", "test-bench")
    command(*stack, "up")()  # fetches and prepares whatever is missing; not counted
    command(*stack, "verify")()
    command(*stack, "down")()
    for _ in range(runs):
        # How fast this machine is at this moment: of the same kind of work, and none of it ours.
        _time(figures, "yardstick: python -c 'import pulumi'", lambda: _run(_YARDSTICK, environment))
        _time(figures, "--help", command("--help"))
        _time(figures, "up, cold", command(*stack, "up"))
        _time(figures, "up, nothing to do", command(*stack, "up"))
        _time(figures, "preview", command(*stack, "preview"))
        _time(figures, "verify", command(*stack, "verify"))
        _time(figures, "down", command(*stack, "down"))
    command(*stack, "down", "--remove")()


def _baselines(figures: dict[str, list[float]], folder: Path) -> None:
    """Keycloak as shipped in development mode, then the tutorial's steps by script: once by kcadm, once by Python."""
    from provision.progress import Silent
    from provision.runtimes.process import distribution, java, ports

    shipped = folder / "keycloak"
    runtime = java.find()
    distribution.unpack(shipped, runtime, Silent())
    for script in (shipped / "bin").glob("*.sh"):
        script.chmod(0o755)
    secret = secrets.token_urlsafe(24)
    secret_file = folder / "secret"
    secret_file.write_text(secret)
    environment = {
        **os.environ,
        "JAVA_HOME": str(runtime.home),
        "KC_BOOTSTRAP_ADMIN_CLIENT_ID": "bench",
        "KC_BOOTSTRAP_ADMIN_CLIENT_SECRET": secret,
    }
    port = ports.pick_free()
    url = f"http://localhost:{port}"
    log = (folder / "keycloak.log").open("wb")
    began = time.perf_counter()
    server = subprocess.Popen(
        [shipped / "bin" / "kc.sh", "start-dev", f"--http-port={port}", "--cache=local"],
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        _until_token(server, url, secret)
        started = time.perf_counter() - began
        figures.setdefault("baseline: start-dev as shipped, until a token", []).append(started)
        kcadm = {
            **environment,
            "KEYCLOAK_URL": url,
            "ADMIN_CLIENT_ID": "bench",
            "ADMIN_SECRET_FILE": str(secret_file),
            "KCADM": str(shipped / "bin" / "kcadm.sh"),
            "REALM": "by-kcadm",
        }
        _time(
            figures,
            "baseline: kcadm.sh script",
            lambda: _run([str(ROOT / "benchmarks/baseline_kcadm.sh")], kcadm),
        )
        script = [
            sys.executable,
            str(ROOT / "benchmarks/baseline_python_keycloak.py"),
            "--keycloak-url",
            url,
            "--admin-client-id",
            "bench",
            "--admin-secret-file",
            str(secret_file),
            "--realm",
            "by-python",
        ]
        _time(figures, "baseline: python-keycloak script", lambda: _run(script, environment))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
        log.close()
        shutil.rmtree(shipped)
    for name in ("kcadm.sh", "python-keycloak"):
        figures.setdefault(f"baseline: start-dev and {name} script", []).append(
            started + figures[f"baseline: {name} script"][-1]
        )


def _until_token(server: subprocess.Popen[bytes], url: str, secret: str) -> None:
    body = f"grant_type=client_credentials&client_id=bench&client_secret={secret}".encode()
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(
                f"{url}/realms/master/protocol/openid-connect/token", body, timeout=30
            ):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the baseline's Keycloak did not start")


def _time(figures: dict[str, list[float]], name: str, call: Callable[[], None]) -> None:
    began = time.perf_counter()
    call()
    figures.setdefault(name, []).append(time.perf_counter() - began)
    sys.stderr.write(f"  {name}: {figures[name][-1]:.2f} s\n")


def _run(line: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(line)} failed:\n{done.stdout}{done.stderr}")


def _summary(name: str, seconds: list[float]) -> dict[str, float | int | None]:
    return {
        "median": round(statistics.median(seconds), 3),
        "min": round(min(seconds), 3),
        "max": round(max(seconds), 3),
        "runs": len(seconds),
        "goal": GOALS.get(name),
    }


def _write(figures: dict[str, list[float]]) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "when": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "seconds": {name: _summary(name, seconds) for name, seconds in figures.items()},
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n")


def _print(figures: dict[str, list[float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Seconds of wall time on {os.cpu_count()} CPUs")
    table.add_column("what")
    for column in ("median", "min", "max", "runs", "goal"):
        table.add_column(column, justify="right")
    for name, seconds in figures.items():
        row = _summary(name, seconds)
        median = f"{row['median']:.2f}"
        goal = row["goal"]
        color = "" if goal is None else "[green]" if row["median"] <= goal else "[red]"
        table.add_row(
            name,
            color + median,
            f"{row['min']:.2f}",
            f"{row['max']:.2f}",
            str(row["runs"]),
            "" if goal is None else f"≤ {goal}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
