"""Plain ``pulumi`` on the project's own stacks, in the shell that ``provision env`` describes, and both in turn."""

from __future__ import annotations

import socket

import pytest

from tests.support.pulumi_shell import PulumiShell
from tests.support.stack_cli import StackCli, alive

FAILED = 1
_NOTHING_CHANGES = "--expect-no-changes"
_LOCKED = "the stack is currently locked by 1 lock(s)"
_UP = ("up", "--yes", "--skip-preview")


@pytest.fixture
def shell(stack):
    """A shell on a throw-away stack that is not there yet."""
    return PulumiShell(stack)


def test_plain_pulumi_takes_a_stack_from_nothing_to_nothing(shell, stack):
    shell.pulumi("stack", "init", "test")
    shown = shell.pulumi("preview")
    assert "process:Keycloak" in shown
    assert "pulumi:pulumi:Stack provision-test create" in shown
    assert stack.processes() == {}

    shell.pulumi("up", "--yes")
    outputs = shell.outputs()
    assert outputs["realm"] == "mcp-test"
    assert all(proof["ok"] for proof in stack.json("verify")["proofs"])
    pids = stack.processes()

    shell.pulumi("up", "--yes", _NOTHING_CHANGES)
    shell.pulumi("refresh", "--yes", _NOTHING_CHANGES)
    shell.pulumi("preview", "--refresh", _NOTHING_CHANGES)
    assert (shell.outputs(), stack.processes()) == (outputs, pids)

    shell.pulumi("destroy", "--yes")
    assert shell.outputs() == {}
    assert stack.processes() == {}
    assert not any(alive(pid) for pid in pids.values())


def test_a_wrong_key_is_told_without_a_traceback(shell, stack):
    shell.pulumi("stack", "init", "test")
    stack.change_config(
        "provision:profile: test", "provision:profile: test\n  provision:keycloack: {port: 1}"
    )
    for command in (("preview",), _UP):
        shown = shell.pulumi(*command, code=FAILED)
        assert "keycloack" in shown
        assert "keycloak" in shown.replace("keycloack", "")  # the nearest known one
        assert "Traceback" not in shown
    stack.change_config("\n  provision:keycloack: {port: 1}", "")
    assert stack.processes() == {}


def test_a_failed_update_is_told_without_a_traceback_of_the_program_that_waited_for_it(shell, stack):
    """The language host interrupts a program that still waits when the engine has given up."""
    shell.pulumi("stack", "init", "test")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        stack.change_config(
            "provision:profile: test", f"provision:profile: test\n  provision:server: {{port: {port}}}"
        )
        shown = shell.pulumi(*_UP, code=FAILED)
    assert f"Port {port} is taken" in shown
    assert "Traceback" not in shown, shown
    assert "KeyboardInterrupt" not in shown, shown


def test_a_copy_by_name_is_not_taken_for_another_stack(tmp_path):
    stack = StackCli(tmp_path, stack="test-a")
    shell = PulumiShell(stack)
    shell.pulumi("stack", "init", "test-a")
    shown = shell.pulumi("preview", code=FAILED)
    assert "plain pulumi does not read Pulumi.test.yaml" in shown
    assert "Use `provision up -s test-a`, or copy the file to Pulumi.test-a.yaml." in shown
    assert stack.json("preview")["changes"] != []
    assert "provision:profile: test" in (stack.project / "Pulumi.test.yaml").read_text()
    stack.clean_up()
