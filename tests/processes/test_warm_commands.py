"""A command from the warm server is like one that a shell starts: what it prints, reads and ends with."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.support import warm_commands
from tests.support.stack_cli import PROVISION, StackCli

_COMMANDS = {
    "help": ("--help",),
    "wrong usage": ("up", "--no-such-option"),
    "no project": ("-C", "/nowhere", "status"),
    "doctor": ("doctor", "--json"),
    "a stack that is not up": ("-s", "test", "status", "--json"),
    "standard input": ("-s", "test", "secret", "set", "no-such-secret"),
}


def _run(stack, line, **more):
    environment = {**stack.variables, **more}
    return warm_commands.run([str(PROVISION), *line], env=environment, stdin="a secret\n", timeout=60)


@pytest.mark.parametrize("line", _COMMANDS.values(), ids=_COMMANDS)
def test_it_prints_and_ends_like_a_cold_one(stack: StackCli, monkeypatch, line):
    monkeypatch.chdir(stack.project)
    warm = _run(stack, line)
    monkeypatch.setenv(warm_commands.COLD, "1")
    cold = _run(stack, line)
    assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)


def test_it_is_in_the_folder_and_the_environment_of_its_caller(stack: StackCli, monkeypatch):
    monkeypatch.chdir(stack.project)
    assert "Pulumi.yaml" not in _run(stack, ("status",)).stderr
    home = stack.folder / "elsewhere"
    found = _run(stack, ("doctor",), PROVISION_DATA_DIR=str(home))
    assert str(home) in found.stdout


def test_one_that_takes_too_long_is_killed(stack: StackCli, monkeypatch):
    monkeypatch.chdir(stack.project)
    with pytest.raises(subprocess.TimeoutExpired):
        warm_commands.run([str(PROVISION), "status"], env=stack.variables, stdin="", timeout=0.01)


def test_another_search_path_for_modules_needs_another_interpreter(stack: StackCli, tmp_path, monkeypatch):
    monkeypatch.chdir(stack.project)
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.exit('started anew')")
    done = _run(stack, ("status",), PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert "started anew" in done.stderr
