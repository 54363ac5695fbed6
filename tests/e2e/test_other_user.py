"""Another user of the machine attacks ports, files and processes during each command, and gets nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.support.other_user import attacking
from tests.support.stack_cli import StackCli

_KEY = "the-passphrase-of-the-backup"


@pytest.fixture
def stack():
    """A stack in a folder that other users may enter, as a home folder is on many machines."""
    with tempfile.TemporaryDirectory(prefix="provision-open-") as folder:
        Path(folder).chmod(0o755)
        stack = StackCli(Path(folder))
        yield stack
        stack.throw_away()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_another_user_gets_nothing_during_any_command(stack):
    found, known = {}, {_KEY}
    file, key = stack.project / "saved.age", stack.project / "key"
    key.write_text(f"{_KEY}\n")
    key.chmod(0o600)
    opened = (str(file), "--passphrase-file", str(key))
    for command in (
        ("up",),
        ("up", "--refresh"),
        ("verify",),
        ("rotate", "all"),
        ("drift",),
        ("backup", *opened),
        ("restore", *opened, "--replace", "--yes"),
        ("down",),
    ):
        with attacking(stack.data, stack.project) as loot:
            stack.run(*command)
            if command != ("down",):
                known |= _secrets(stack)
        assert loot.rounds > 0
        found[command] = loot
    assert len(known) >= 6
    for command, loot in found.items():
        assert not [secret for secret in known if secret in loot.text()], command
        own = [path for path in loot.files if path.startswith(str(stack.data))]
        assert own == [], command
        assert {str(file), str(key)}.isdisjoint(loot.files), command
    assert any(loot.answers for loot in found.values()), "Keycloak and the server do answer strangers"
    assert any(path.endswith("Pulumi.test.yaml") for path in found["up",].files), (
        "it could have read the rest"
    )


def _secrets(stack):
    shown = stack.json("status", "--show-secrets")
    passphrase = (stack.data / "passphrase").read_text().strip()
    return {
        passphrase,
        shown["admin"]["client_secret"],
        shown["demo_user"]["password"],
        *(server["introspection"]["client_secret"] for server in shown["servers"]),
    }
