"""Calls that go on while every secret and key is rotated again and again: none may fail.

``make bench-rotation`` calls two servers, one for each verifier and neither with a memory of tokens, with a new token twice a
second, and runs ``provision rotate all`` meanwhile until enough calls have been made. It prints what became of the calls, and
exits with 1 if one failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.support.stack_cli import StackCli
from tests.support.steady_calls import steady_calls

if TYPE_CHECKING:
    from collections.abc import Callable

_SECRET = "machine-secret-1234567890"
_STACK = """\
config:
  provision:profile: test
  provision:realm: {name: mcp-test}
  provision:servers:
    - {name: calculator, scope: {name: "mcp:tools"}, clientId: mcp-server, cacheSeconds: 0, requestsPerMinute: 0}
    - {name: weather, verifier: jwt, cacheSeconds: 0, requestsPerMinute: 0}
  provision:objects:
    - {type: Client, clientId: machine, access: confidential, serviceAccounts: true, secret: "${env:BENCH_SECRET}"}
"""


def main() -> None:
    """Run, print what became of the calls, and exit with 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--calls", type=int, default=10_000, help="calls at least (default 10000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as folder:
        report = _rotate_under_load(Path(folder), options.calls)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    if report["failures"]:
        raise SystemExit(1)


def _rotate_under_load(folder: Path, least: int) -> dict[str, object]:
    stack = StackCli(folder, environment={"BENCH_SECRET": _SECRET})
    (stack.project / "Pulumi.test.yaml").write_text(_STACK)
    try:
        stack.run("up")
        shown = stack.json("status")
        rotations, began = 0, time.monotonic()
        tokens = {server["url"]: _tokens(shown["issuer"], server["scopes"][0]) for server in shown["servers"]}
        with steady_calls(tokens) as calls:
            while sum(calls.done.values()) < least and not calls.failures:
                stack.run("rotate", "all")
                rotations += 1
        return {
            "calls": dict(zip(("introspection", "jwt"), (calls.done[url] for url in tokens), strict=True)),
            "rotations": rotations,
            "seconds": round(time.monotonic() - began),
            "failures": calls.failures,
        }
    finally:
        stack.throw_away()


def _tokens(issuer: str, scope: str) -> Callable[[], str]:
    """Return a function that gets a new access token with a scope."""
    form = {
        "grant_type": "client_credentials",
        "client_id": "machine",
        "client_secret": _SECRET,
        "scope": scope,
    }

    def get() -> str:
        answer = httpx.post(f"{issuer}/protocol/openid-connect/token", data=form, timeout=20)
        return str(answer.raise_for_status().json()["access_token"])

    return get


if __name__ == "__main__":
    main()
