"""What a command finds goes to standard output, and what it is doing meanwhile to standard error, with and without a terminal."""

from __future__ import annotations

import pytest


def _both(done):
    return done.stdout, done.stderr


def test_a_plan_can_be_kept_in_a_file(stack):
    told, doing = _both(stack.run("preview"))
    assert "+ client mcp-client  create" in told
    assert "to do" in told
    assert "mcp-client" not in doing


@pytest.mark.parametrize(
    ("command", "result"),
    [
        (("preview",), "✓ nothing to do"),
        (("drift",), "✓ no drift"),
        (("verify", "token"), "1 proof holds."),
        (("clients", "list"), "0 clients registered by themselves."),
        (("clients", "prune"), "0 clients would go."),
    ],
)
def test_a_result_is_on_standard_output(shared, command, result):
    told, doing = _both(shared.run(*command))
    assert result in told
    assert result not in doing
