"""The command line as far as nothing has to be started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def provision(command_line):
    (command_line.folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (command_line.folder / "Pulumi.dev.yaml").write_text("config:\n  provision:server: {port: 3456}\n")
    return command_line


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
        "rules",
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


@pytest.mark.parametrize("command", ["up", "preview", "status", "down", "logs"])
def test_a_wrong_key_stops_every_command_before_anything_starts(provision, command):
    (provision.folder / "Pulumi.dev.yaml").write_text("config:\n  provision:server: {prot: 3456}\n")
    done = provision(command)
    assert done.returncode == 2
    assert "provision:server.prot: unknown key; did you mean 'port'?" in done.stderr
    assert not (provision.folder / "data").exists()


@pytest.mark.parametrize("arguments", [("-s", "", "down"), ("down", "-s", ""), ("secret", "list", "-s", "")])
def test_an_empty_name_is_never_the_stack_dev(provision, arguments):
    done = provision(*arguments)
    assert done.returncode == 2
    assert "The name of the stack is empty" in done.stderr


def test_a_hint_names_the_stack_that_the_command_is_about(provision):
    text = "config:\n  provision:profile: prod\n  provision:server: {url: 'https://mcp.example.org/mcp'}\n"
    (provision.folder / "Pulumi.shop.yaml").write_text(text)
    done = provision("preview", "-s", "shop")
    assert done.returncode == 2
    assert "`provision secret set adminClientSecret -s shop`" in done.stderr


def test_secrets_are_listed_and_found_before_the_stack_is_up(provision):
    (provision.folder / "token").write_text("demo-password-of-a-file\n")
    (provision.folder / "Pulumi.dev.yaml").write_text(
        "config:\n  provision:demoUserPassword: {file: token}\n"
    )
    listed = json.loads(provision("secret", "list", "--json").stdout)["secrets"]
    assert [(item["name"], item["source"]) for item in listed] == [
        ("demoUserPassword", "file"),
        ("adminClientSecret", "generated"),
        ("introspectionClientSecret", "generated"),
    ]
    assert provision("secret", "get", "demoUserPassword").stdout == "demo-password-of-a-file\n"
    unknown = provision("secret", "get", "demoPassword")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "Did you mean demoUserPassword?" in unknown.stderr


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


def test_rules_lists_each_with_its_level_and_marks_what_the_stack_says(provision):
    (provision.folder / "Pulumi.dev.yaml").write_text(
        "config:\n  provision:rules:\n    levels: {client-password-grant: advisory}\n    waivers:\n"
        "      - {rule: client-password-grant, reason: goes away soon, expires: 2999-12-31}\n"
    )
    (line, waiver) = (
        line.split(maxsplit=3)
        for line in provision("rules", "--group", "clients").stdout.splitlines()
        if "client-password-grant" in line or "waived" in line
    )
    assert line[1:3] == ["high", "advisory"]
    assert line[3].endswith("(this stack's level and waivers)")
    assert " ".join(waiver) == "waived until 2999-12-31 for *: goes away soon"
    shown = json.loads(provision("rules", "--json").stdout)
    (rule,) = (item for item in shown["rules"] if item["id"] == "client-password-grant")
    assert rule["configured"] == ["level", "waivers"]
    assert {"why", "fix", "see", "parameters", "group", "title"} <= rule.keys()


def test_rules_of_a_production_stack_are_listed_before_its_secrets_are_set(provision):
    (provision.folder / "Pulumi.prod.yaml").write_text("config:\n  provision:profile: prod\n")
    done = provision("-s", "prod", "rules")
    assert done.returncode == 0
    assert "as a prod stack holds them" in done.stdout


def test_rules_are_listed_outside_a_project_too(provision, tmp_path_factory):
    done = provision("rules", cwd=tmp_path_factory.mktemp("empty"))
    assert "client-password-grant" in done.stdout


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            "provision:rules: {levels: {client-pasword-grant: advisory}}",
            "Did you mean client-password-grant?",
        ),
        ("provision:rules: {levels: {client-password-grant: strict}}", "provision:rules.levels"),
        ("provision:profile: production", "provision:profile is none of dev, test, staging, prod"),
    ],
)
def test_rules_refuses_what_the_stack_file_says_wrong(provision, config, words):
    (provision.folder / "Pulumi.dev.yaml").write_text(f"config:\n  {config}\n")
    done = provision("rules")
    assert done.returncode == 2
    assert words in done.stderr


def test_a_group_that_there_is_not_is_refused_with_those_there_are(provision):
    done = provision("rules", "--group", "client")
    assert done.returncode == 2
    assert "Groups: " in done.stderr
    assert "clients" in done.stderr


def test_rules_writes_the_policy_pack_that_the_repository_has(provision):
    folder = provision.folder / "a" / "pack"
    assert str(folder) in provision("rules", "--pack", str(folder)).stdout
    own = Path(__file__).parents[2] / "policies"
    for name in ("PulumiPolicy.yaml", "__main__.py"):
        written = (folder / name).read_text()
        assert written.replace(sys.prefix, "../.venv") == (own / name).read_text()
    assert {file.name for file in folder.iterdir()} == {"PulumiPolicy.yaml", "__main__.py"}


def test_an_error_holds_nothing_that_a_terminal_would_obey(provision):
    for key, words in (("\\e]0;title\\a", "U+001B is not text"), ("a\u202eb", "unknown key")):
        (provision.folder / "Pulumi.dev.yaml").write_text(
            f'config:\n  provision:server: {{"{key}": 1}}\n', encoding="utf-8"
        )
        done = provision("preview")
        assert done.returncode == 2
        assert words in done.stderr
        assert not {"\x1b", "\x07", "\u202e"} & set(done.stderr)
