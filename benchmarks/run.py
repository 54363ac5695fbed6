"""Times the commands as whole processes, beside what a user would do instead, in one run on one machine.

``make bench`` prints a table and writes ``benchmarks/results/latest.json``. Figures are seconds of wall time; the
median is the one to quote. The baselines run the steps of the tutorial against a ``start-dev`` Keycloak as shipped.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import baseline
from benchmarks.timing import ROOT, Figures, run

if TYPE_CHECKING:
    from collections.abc import Callable

PROVISION = Path(sys.executable).with_name("provision")
GOALS = {"up, cold": 6.0, "up, nothing to do": 1.0, "preview": 1.0, "down": 2.0, "--help": 0.3}


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--runs", type=int, default=5, help="runs of each command (default 5)")
    parser.add_argument(
        "--baseline-runs", type=int, default=1, help="runs of each baseline (default 1; 0 leaves them out)"
    )
    options = parser.parse_args()
    figures = Figures(GOALS)
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as folder:
        _ours(figures, options.runs, Path(folder))
        for _ in range(options.baseline_runs):
            _baselines(figures, Path(folder))
    figures.write("latest.json")
    figures.show()


def _ours(figures: Figures, runs: int, folder: Path) -> None:
    """The commands on a copy of the throw-away stack, so that nothing of the user's is touched."""
    environment = {**os.environ, "PROVISION_DATA_DIR": str(folder / "data")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps its compiled files

    def command(*arguments: str) -> Callable[[], None]:
        line = [str(PROVISION), "-C", str(ROOT), *arguments]
        return lambda: run(line, environment)

    stack = ("-s", "test-bench")
    command(*stack, "up")()  # fetches and prepares whatever is missing; not counted
    command(*stack, "verify")()
    command(*stack, "down")()
    for _ in range(runs):
        figures.yardstick()
        figures.time("--help", command("--help"))
        figures.time("up, cold", command(*stack, "up"))
        figures.time("up, nothing to do", command(*stack, "up"))
        figures.time("preview", command(*stack, "preview"))
        figures.time("verify", command(*stack, "verify"))
        figures.time("down", command(*stack, "down"))
    command(*stack, "down", "--remove")()


def _baselines(figures: Figures, folder: Path) -> None:
    """Keycloak as shipped in development mode, then the tutorial's steps by script: once by kcadm, once by Python."""
    from provision._lib.progress import Silent
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
        "KC_BOOTSTRAP_ADMIN_CLIENT_ID": baseline.ADMIN,
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
        baseline.until_token(url, secret, lambda: server.poll() is None)
        started = figures.note("baseline: start-dev as shipped, until a token", time.perf_counter() - began)
        kcadm = {
            **environment,
            "KEYCLOAK_URL": url,
            "ADMIN_CLIENT_ID": baseline.ADMIN,
            "ADMIN_SECRET_FILE": str(secret_file),
            "KCADM": str(shipped / "bin" / "kcadm.sh"),
            "REALM": "by-kcadm",
        }
        by_kcadm = figures.time(
            "baseline: kcadm.sh script",
            lambda: run([str(ROOT / "benchmarks/baseline_kcadm.sh")], kcadm),
        )
        by_python = figures.time(
            "baseline: python-keycloak script",
            lambda: run(baseline.python_keycloak(url, secret_file), environment),
        )
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
        log.close()
        shutil.rmtree(shipped)
    figures.note("baseline: start-dev and kcadm.sh script", started + by_kcadm)
    figures.note("baseline: start-dev and python-keycloak script", started + by_python)


if __name__ == "__main__":
    main()
