"""Secrets of the stack config, and a shell in which plain ``pulumi`` works on the same state."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.stack_cli import ROOT, StackCli

_OWN = "a-secret-that-the-user-chose"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A stack whose admin secret the user set, by way of standard input."""
    stack = StackCli(tmp_path_factory.mktemp("own"))
    (stack.folder / ".venv").symlink_to(ROOT / ".venv")  # where the project file looks for the plugin
    stack.run("secret", "set", "adminClientSecret", stdin=f"{_OWN}\n")
    stack.run("up")
    yield stack
    stack.clean_up()


def shell(stack: StackCli, script: str) -> subprocess.CompletedProcess[str]:
    """A shell script after ``eval "$(provision env)"``."""
    done = stack.run("env")
    return subprocess.run(
        ["bash", "-ec", f"{done.stdout}\ncd {stack.project}\n{script}"],
        env=stack.variables,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_a_secret_of_the_user_is_encrypted_in_the_file_and_used(own):
    text = (own.project / "Pulumi.test.yaml").read_text()
    assert "secure: v1:" in text
    assert _OWN not in text
    shown = own.json("status", "--show-secrets")
    assert shown["admin"]["client_secret"] == _OWN
    assert all(proof["ok"] for proof in own.json("verify")["proofs"])
    assert own.json("preview") == {"changes": []}


def test_plain_pulumi_works_on_the_same_state_in_the_shell_that_env_describes(own):
    done = shell(own, "pulumi stack output --json -s test")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["realm"] == "mcp-test"
    done = shell(own, "pulumi refresh -s test --yes --skip-preview --expect-no-changes --non-interactive")
    assert done.returncode == 0, done.stdout + done.stderr
    assert own.json("preview") == {"changes": []}


def test_a_secret_set_by_plain_pulumi_is_read_too(own):
    done = shell(
        own, "echo -n another-password-1 | pulumi config set --secret provision:demoUserPassword -s test"
    )
    assert done.returncode == 0, done.stderr
    changes = own.json("preview")["changes"]
    assert {change["name"] for change in changes} == {"demo-user", "demo-user-password"}
    for change in changes:
        assert "another-password-1" not in json.dumps(change)
    own.run("up")
    assert own.json("status", "--show-secrets")["demo_user"]["password"] == "another-password-1"
    assert all(proof["ok"] for proof in own.json("verify", "login")["proofs"])


def test_an_empty_secret_is_refused(own):
    assert "No secret was given" in own.run("secret", "set", "demoUserPassword", stdin="", code=2).stderr
