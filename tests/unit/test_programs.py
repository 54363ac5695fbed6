"""The programs of a stack's own servers, looked for before anything is started."""

from __future__ import annotations

import sys

import pytest

from provision._lib.errors import UsageError
from provision.config.stack_config import read
from provision.runtimes.program_preflight import refuse_missing


def _refusal(folder, *commands):
    servers = [{"name": f"s{index}", "command": list(command)} for index, command in enumerate(commands)]
    config = read({"servers": servers}, source="f")
    with pytest.raises(UsageError) as caught:
        refuse_missing(config, folder, "Pulumi.dev.yaml")
    return caught.value.what.splitlines()[1:]


def test_a_missing_program_is_named_with_its_key_and_folder(tmp_path):
    assert _refusal(tmp_path, [".venv/bin/python", "weather.py"], ["no-such-program"]) == [
        f"  provision:servers[0].command: there is no program .venv/bin/python in {tmp_path}",
        "  provision:servers[1].command: there is no program no-such-program in the folders of PATH",
    ]


def test_a_program_beside_the_stack_file_needs_its_folder(tmp_path):
    (tmp_path / "serve-it").write_text("")
    (line,) = _refusal(tmp_path, ["serve-it"])
    assert line.endswith(f"; the one in {tmp_path} is ./serve-it")


def test_a_file_that_may_not_be_run_is_told_so(tmp_path):
    (tmp_path / "serve-it").write_text("")
    (line,) = _refusal(tmp_path, ["./serve-it"])
    assert line.endswith("may not be run (its mode lacks x)")


def test_programs_that_can_be_run_pass(tmp_path):
    (tmp_path / "serve-it").write_text("")
    (tmp_path / "serve-it").chmod(0o700)
    servers = [
        {"name": f"s{index}", "command": [name]}
        for index, name in enumerate(("./serve-it", sys.executable, "sh"))
    ]
    refuse_missing(read({"servers": servers}, source="f"), tmp_path, "f")
    refuse_missing(read({}, source="f"), tmp_path, "f")
