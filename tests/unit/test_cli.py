"""The command line as far as nothing has to be started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROVISION = Path(sys.executable).with_name("provision")


@pytest.fixture
def provision(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  provision:server: {port: 3456}\n")

    def run(*arguments, cwd=tmp_path):
        environment = {**os.environ, "PROVISION_DATA_DIR": str(tmp_path / "data"), "NO_COLOR": "1"}
        return subprocess.run(
            [_PROVISION, *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    run.folder = tmp_path
    return run


def test_help_lists_every_command(provision):
    done = provision("--help")
    assert done.returncode == 0
    for name in (
        "up",
        "preview",
        "down",
        "status",
        "verify",
        "logs",
        "doctor",
        "env",
        "schema",
        "open",
        "secret",
    ):
        assert f"\n  {name} " in done.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv=['provision','--help']\n"
        "from provision.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('pulumi','grpc','keycloak','httpx','pydantic','rich','fastmcp','yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["upp"], 2, "Did you mean 'up'?"),
        (["up", "--nope"], 2, "--nope"),
        (["-s", "prod", "preview"], 2, "Stacks here: dev"),
        (["preview", "-s", "prod"], 2, "Stacks here: dev"),
        (["preview", "-C", "/nowhere"], 2, "There is no Pulumi.yaml in /nowhere"),
        (["-s", "../x", "up"], 2, "is not a name for a stack"),
        (["secret", "set", "adminSecret"], 2, "adminClientSecret"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_would_be_right(provision, arguments, code, words):
    done = provision(*arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["up", "preview", "status", "down", "logs", "env"])
def test_a_wrong_key_stops_every_command_before_anything_starts(provision, command):
    (provision.folder / "Pulumi.dev.yaml").write_text("config:\n  provision:server: {prot: 3456}\n")
    done = provision(command)
    assert done.returncode == 2
    assert "provision:server.prot: unknown key; did you mean 'port'?" in done.stderr
    assert not (provision.folder / "data").exists()


def test_outside_a_project_the_error_says_how_to_name_one(provision, tmp_path_factory):
    done = provision("up", cwd=tmp_path_factory.mktemp("empty"))
    assert done.returncode == 2
    assert "-C DIR" in done.stderr


def test_an_error_of_a_json_command_is_json_too(provision):
    done = provision("-s", "prod", "preview", "--json")
    assert json.loads(done.stdout)["error"]["do"] == "Stacks here: dev."
    assert done.returncode == 2


def test_debug_shows_where_an_error_comes_from(provision):
    assert "Traceback" in provision("--debug", "-s", "prod", "preview").stderr


def test_schema_prints_every_key_with_its_default(provision):
    schema = json.loads(provision("schema").stdout)
    assert schema["$defs"]["ServerConfig"]["properties"]["verifier"]["default"] == "introspection"
    package = json.loads(provision("schema", "--pulumi").stdout)
    assert package["name"] == "provision"


def test_a_production_stack_is_not_removed_without_being_asked(provision):
    (provision.folder / "Pulumi.prod.yaml").write_text(
        "config:\n  provision:profile: prod\n  provision:server: {url: 'https://mcp.example.org/mcp'}\n"
        "  provision:adminClientSecret: {secure: v1:a}\n"
        "  provision:introspectionClientSecret: {secure: v1:b}\n"
    )
    done = provision("-s", "prod", "down")
    assert done.returncode == 2
    assert "--yes" in done.stderr
