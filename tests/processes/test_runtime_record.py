"""A stack with a broken record of its runtime, and a process of the stack that still runs."""

from __future__ import annotations

from click.testing import CliRunner

from provision.cli.main import cli
from provision.config.project import Project
from provision.engine import pulumi_cli
from provision.runtimes.process import managed_process


def test_down_removes_a_stack_whose_record_is_broken_with_what_runs_of_it(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  provision:runtime: auto\n")
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.setattr(pulumi_cli, "find_or_install", lambda _: tmp_path / "pulumi")
    stack = Project.find(tmp_path).stack("dev")
    stack.home.mkdir(parents=True)
    (stack.home / "runtime.json").write_text('{"runtime": "process"')
    settings = managed_process.ProcessSettings(
        name="weather", home=stack.home / "weather", command=("/bin/sh", "-c", "exec sleep 60")
    )
    managed_process.start(settings, lambda: True)
    done = CliRunner().invoke(cli, ["-C", str(tmp_path), "down"], catch_exceptions=False)
    still_there = managed_process.running(settings.home)
    managed_process.stop(settings.home)
    assert done.exit_code == 0, done.output
    assert still_there is None
    assert not stack.home.exists()
