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

from tests.support.stack_cli import StackCli
from tests.support.steady_calls import SECRET, STACK, VARIABLE, access_tokens, steady_calls


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
    stack = StackCli(folder, environment={VARIABLE: SECRET})
    (stack.project / "Pulumi.test.yaml").write_text(STACK)
    try:
        stack.run("up")
        shown = stack.json("status")
        rotations, began = 0, time.monotonic()
        scopes = {server["url"]: server["scopes"][0] for server in shown["servers"]}
        tokens = access_tokens(shown["issuer"], scopes)
        with steady_calls(tokens) as calls:
            while sum(calls.done.values()) < least and not calls.failures:
                stack.run("rotate", "all")
                rotations += 1
        return {
            "calls": dict(zip(("introspection", "jwt"), (calls.done[url] for url in tokens), strict=True)),
            "rotations": rotations,
            "seconds": round(time.monotonic() - began),
            "failures": calls.failures,
            "audit": _refusals(stack) if calls.failures else [],
        }
    finally:
        stack.throw_away()


def _refusals(stack: StackCli) -> list[str]:
    """Return the audit lines of the calls that the servers could not decide."""
    lines = stack.run("logs", "--audit", "--json").stdout.splitlines()
    return [line for line in lines if "authorization_server" in line or "key_set" in line]


if __name__ == "__main__":
    main()
