"""A unit test that starts a process fails, whichever way it takes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess

import pytest


@pytest.mark.parametrize(
    "start",
    [
        lambda: subprocess.run(["true"], check=True),
        lambda: asyncio.run(asyncio.create_subprocess_exec("true")),
        lambda: os.system("true"),
        lambda: os.posix_spawnp("true", ["true"], {}),
        os.fork,
    ],
    ids=["subprocess", "asyncio", "system", "posix_spawn", "fork"],
)
def test_a_unit_test_that_starts_a_process_fails(start):
    with pytest.raises(pytest.fail.Exception, match="such a test lies in tests/processes"):
        start()


def test_it_fails_also_where_errors_are_passed_over():
    with pytest.raises(pytest.fail.Exception), contextlib.suppress(Exception):
        subprocess.run(["true"], check=True)
