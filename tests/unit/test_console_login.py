"""For which stacks a user of the admin console is made, and which are told to be busy."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from filelock import FileLock

from provision.cli import console_login
from provision.cli.main import cli
from provision.config.project import Project
from provision.engine.backend import Backend
from provision.stack.outputs import StackOutputs


@pytest.fixture
def stack(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  provision:profile: dev\n")
    return Project.at(tmp_path).stack("dev")


def _outputs(runtime):
    return StackOutputs(
        issuer="http://localhost:8080/realms/mcp",
        realm="mcp",
        admin_console="http://localhost:8080/admin/master/console/#/mcp",
        servers=(),
        clients=(),
        keycloak_url="http://localhost:8080",
        runtime=runtime,
    )


@pytest.mark.parametrize(
    ("runtime", "possible"),
    [("process", True), ("docker", True), ("external", False), ("gone", False), (None, False)],
)
def test_a_user_is_made_only_in_a_keycloak_that_the_stack_starts(stack, runtime, possible):
    assert console_login.is_possible(stack, _outputs(runtime)) is possible


def test_no_user_is_made_in_production_or_when_the_stack_file_is_gone(stack):
    stack.file.write_text("config:\n  provision:profile: prod\n")
    assert not console_login.is_possible(stack, _outputs("process"))
    stack.file.unlink()
    assert not console_login.is_possible(stack, _outputs("process"))


def test_a_stack_that_another_command_starts_is_not_told_to_be_started(stack):
    def status():
        return CliRunner().invoke(cli, ["-C", str(stack.project.folder), "status"]).output

    backend = Backend(stack)
    assert not backend.is_busy
    assert "Start it" in status()
    backend._lock_file.parent.mkdir(parents=True)
    with FileLock(backend._lock_file):
        assert backend.is_busy
        assert "another command is working on it" in status()
    assert not backend.is_busy
