"""Commands in this process, as far as they need no engine."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from provision._lib.errors import ProvisionError, UsageError
from provision.cli.main import cli
from provision.config.project import Project
from provision.engine import pulumi_cli


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project with the stack dev, whose file has an error."""
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(pulumi_cli, "find_or_install", lambda _: Path("/opt/pulumi/bin/pulumi"))
    project = tmp_path / "shop"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (project / "Pulumi.dev.yaml").write_text("config:\n  provision:server: {prot: 3456}\n")
    return project


def _run(folder, *arguments):
    return CliRunner().invoke(cli, ["-C", str(folder), *arguments])


def test_env_describes_the_shell_that_mends_a_wrong_stack_file(folder):
    done = _run(folder, "env")
    assert done.exit_code == 0
    assert "export PULUMI_BACKEND_URL=" in done.output
    assert "/opt/pulumi/bin" in done.output


def test_env_refuses_a_stack_that_is_not_there(folder):
    error = _run(folder, "-s", "prod", "env").exception
    assert isinstance(error, UsageError)
    assert error.do == "Stacks here: dev."


def test_a_secret_is_not_asked_for_when_the_file_can_not_hold_it(folder, monkeypatch):
    file = folder / "Pulumi.dev.yaml"
    monkeypatch.setattr(os, "access", lambda path, mode: not (Path(path) == file and mode == os.W_OK))
    error = _run(folder, "secret", "set", "adminClientSecret").exception
    assert type(error) is ProvisionError
    assert error.what == f"{file} can't be written, and the secret belongs there."
    assert "{env: NAME}" in error.do


def test_a_stack_does_not_get_a_name_that_ends_in_a_dash_but_one_that_has_it_is_known(folder):
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    error = _run(folder, "-s", "dev-", "logs").exception
    assert isinstance(error, UsageError)
    assert error.what == "The name of the stack, 'dev-', ends in a dash."
    (Project.at(folder).home / "stacks" / "dev-").mkdir(parents=True)
    error = _run(folder, "-s", "dev-", "logs").exception
    assert error.what == "Stack dev- has no logs."


@pytest.mark.parametrize("form", ["text", "sarif", "junit"])
def test_two_formats_of_a_report_are_refused(folder, form):
    error = _run(folder, "audit", "--json", "--format", form).exception
    assert isinstance(error, UsageError)
    assert error.what == f"--json and --format {form} are two formats."


def test_help_uses_the_width_of_the_terminal_up_to_120(monkeypatch):
    for columns, widest in ((200, 118), (80, 78)):
        monkeypatch.setenv("COLUMNS", str(columns))
        context = click.Context(cli, **cli.context_settings)
        shown = cli.get_help(context)
        assert widest - 15 < max(map(len, shown.splitlines())) <= widest


def test_no_description_in_help_is_cut_at_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    top = click.Context(cli, **cli.context_settings)
    groups = [top] + [
        click.Context(found, parent=top)
        for name in cli.list_commands(top)
        if isinstance(found := cli.get_command(top, name), click.Group)
    ]
    assert len(groups) > 3
    for context in groups:
        commands = context.command.get_help(context).partition("Commands:")[2].splitlines()
        assert [line for line in commands if line.endswith("...")] == []


@pytest.mark.parametrize(
    ("url", "words"), [("localhost:8090", "--url"), ("http://login.example.org", "must be https")]
)
def test_adopt_blames_the_option_and_no_file(folder, url, words):
    error = _run(folder, "-s", "login", "adopt", "shop", "--url", url).exception
    assert isinstance(error, UsageError)
    assert words in error.what
    assert "Pulumi.login.yaml" not in str(error)
    assert "--url https://" in error.do


@pytest.mark.parametrize(
    ("stack", "arguments", "what", "do"),
    [
        ("dev", ("shop",), "adopt needs the name of a realm", "provision adopt --update -s dev"),
        ("dev", ("--url", "https://a.example"), "adopt needs the name of a realm", "--update"),
        (
            "dev",
            ("shop", "--url", "https://a.example"),
            "is there already",
            "provision adopt --update -s dev",
        ),
        (
            "dev",
            ("--update", "--url", "https://a.example"),
            "--url does not go with --update",
            "Leave it out",
        ),
        ("dev", ("--update", "--ca-file", "a.pem"), "--ca-file does not go with --update", "Leave it out"),
        ("dev", ("--update",), "Stack dev is not up.", "provision up -s dev"),
        ("dev-copy", ("--update",), "shares Pulumi.dev.yaml", "Copy it to Pulumi.dev-copy.yaml"),
        ("login", ("--update",), "There is no stack file Pulumi.login.yaml", "Stacks here: dev."),
    ],
)
def test_adopt_refuses_what_does_not_go_together_with_what_does(folder, stack, arguments, what, do):
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    error = _run(folder, "-s", stack, "adopt", *arguments).exception
    assert isinstance(error, ProvisionError)
    assert what in error.what
    assert do in error.do
    assert (folder / "Pulumi.dev.yaml").read_text() == "config: {}\n"


def _leaves(group=cli, names=()):
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        if isinstance(found, click.Group):
            yield from _leaves(found, (*names, name))
        else:
            yield " ".join((*names, name))


@pytest.mark.parametrize("command", [*_leaves()])
def test_every_command_takes_json_and_yes(folder, command):
    for options in (["--json", "--yes"], ["-y"]):
        done = _run(folder, *command.split(), *options, "--help")
        assert done.exit_code == 0, done.output
        assert done.output.startswith("Usage: ")
