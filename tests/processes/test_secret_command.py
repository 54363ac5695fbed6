"""Programs that print a secret of the stack file, such as the command line of a vault."""

from __future__ import annotations

import sys
import time

import pytest

from provision._lib.errors import UsageError
from provision.config import secret_source
from provision.config.objects import declared
from provision.config.stack_config import read

_SECRET = "the-secret-of-the-source-1"
_CLIENT = {"type": "Client", "clientId": "shop", "access": "confidential", "serviceAccounts": True}


def _secret_of(source, folder=None, *, resolve=True):
    config = read({"objects": [{**_CLIENT, "secret": source}]}, source="f", folder=folder, resolve=resolve)
    return declared(config.objects[0], "mcp").secret


def _refusal(source, folder=None):
    with pytest.raises(UsageError) as caught:
        _secret_of(source, folder)
    assert _SECRET not in str(caught.value)
    (line,) = caught.value.what.splitlines()[1:]
    return line


def _prints(text, *, to="stdout", code=0):
    script = f"import sys; sys.{to}.write({text!r}); sys.exit({code})"
    return {"command": [sys.executable, "-c", script]}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"command": ["no-such-program-here", "x"]}, "no-such-program-here: there is no such program"),
        ({"command": [sys.executable, "-c", ""]}, "gives nothing"),
        (_prints("no such path", to="stderr", code=2), "failed with exit code 2: no such path"),
        (_prints("", code=3), "failed with exit code 3"),
    ],
)
def test_a_program_that_gives_no_secret_is_one_line_that_says_why(source, reason, tmp_path):
    line = _refusal(source, tmp_path)
    assert line.startswith("  provision:objects[0]: secret: ")
    assert reason in line


def test_a_secret_comes_from_a_program_in_the_folder_of_the_stack_file(tmp_path):
    (tmp_path / "x").write_text("")
    script = "import os; print(os.listdir('.')[0] + '-as-secret')"
    assert _secret_of({"command": [sys.executable, "-c", script]}, tmp_path) == "x-as-secret"


def test_the_words_of_a_command_are_not_read_by_a_shell(tmp_path):
    script = "import sys; print(sys.argv[1])"
    assert _secret_of({"command": [sys.executable, "-c", script, "$HOME; `id`"]}, tmp_path) == "$HOME; `id`"


def test_a_command_runs_once_in_a_process(tmp_path):
    script = "open('runs', 'a').write('x'); print('secret-of-a-program')"
    for _ in range(3):
        assert _secret_of({"command": [sys.executable, "-c", script]}, tmp_path) == "secret-of-a-program"
    assert (tmp_path / "runs").read_text() == "x"


def test_a_program_that_does_not_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(secret_source, "_COMMAND_SECONDS", 1.0)
    command = ["sh", "-c", "sleep 60 & echo $! > pid; wait"]
    began = time.monotonic()
    assert "did not end within 1 s" in _refusal({"command": command}, tmp_path)
    assert time.monotonic() - began < 30  # its child would have kept the output open for a minute


def test_a_program_that_prints_without_end_is_ended_at_once(tmp_path):
    began = time.monotonic()
    assert "gives more than 64 KiB, which is no secret" in _refusal({"command": ["yes", "no"]}, tmp_path)
    assert time.monotonic() - began < secret_source._COMMAND_SECONDS


def test_a_program_may_complain_at_length(tmp_path):
    script = "import sys; sys.stderr.write('x' * 5_000_000); print('secret-of-a-program')"
    assert _secret_of({"command": [sys.executable, "-c", script]}, tmp_path) == "secret-of-a-program"


def test_the_error_text_of_a_program_is_not_shown_with_a_secret_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_VAULT_TOKEN", "token-of-the-vault")
    (tmp_path / "secret").write_text(_SECRET)
    for script in (
        "import sys; print(open('secret').read()); sys.exit('wrong: ' + open('secret').read())",
        "import sys, os; sys.exit('denied for ' + os.environ['SHOP_VAULT_TOKEN'])",
    ):
        line = _refusal({"command": [sys.executable, "-c", script]}, tmp_path)
        assert line.endswith("its error text holds a secret and is not shown")
        assert "token-of-the-vault" not in line
