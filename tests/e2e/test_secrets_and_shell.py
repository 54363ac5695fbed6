"""Secrets of the stack config, and a shell in which plain ``pulumi`` works on the same state."""

from __future__ import annotations

import json

import pytest

from tests.support.pulumi_shell import PulumiShell
from tests.support.stack_cli import StackCli

_OWN = "a-secret-that-the-user-chose"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A stack whose admin secret the user set, by way of standard input."""
    stack = StackCli(tmp_path_factory.mktemp("own"))
    stack.run("secret", "set", "adminClientSecret", stdin=f"{_OWN}\n")
    stack.run("up")
    yield stack
    stack.throw_away()


def test_a_secret_of_the_user_is_encrypted_in_the_file_and_used(own):
    text = (own.project / "Pulumi.test.yaml").read_text()
    assert "secure: v1:" in text
    assert _OWN not in text
    shown = own.json("status", "--show-secrets")
    assert shown["admin"]["client_secret"] == _OWN
    assert all(proof["ok"] for proof in own.json("verify")["proofs"])
    assert own.json("preview")["changes"] == []


def test_plain_pulumi_works_on_the_same_state_in_the_shell_that_env_describes(own):
    shell = PulumiShell(own)
    assert shell.outputs()["realm"] == "mcp-test"
    shell.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert own.json("preview")["changes"] == []


def test_a_secret_set_by_plain_pulumi_is_read_too(own):
    shell = PulumiShell(own)
    shell.run(
        f"echo -n another-password-1 | {shell.command('config', 'set', '--secret', 'provision:demoUserPassword')}"
    )
    changes = own.json("preview")["changes"]
    assert {change["name"] for change in changes} == {"demo-user", "demo-user-password"}
    for change in changes:
        assert "another-password-1" not in json.dumps(change)
    own.run("up")
    assert own.json("status", "--show-secrets")["demo_user"]["password"] == "another-password-1"
    assert all(proof["ok"] for proof in own.json("verify", "login")["proofs"])


def test_an_empty_secret_is_refused(own):
    assert "No secret was given" in own.run("secret", "set", "demoUserPassword", stdin="", code=2).stderr
