"""The places that reports for code hosts link findings to."""

from __future__ import annotations

import json

import pytest

from provision.cli.findings import judged
from provision.cli.report_place import address, line_finder
from provision.config.project import Project
from provision.engine.events import Declared
from provision.rules.reports import written

_FILE = """\
config:
  provision:clients:
    - clientId: editor
      redirectUris: ["http://127.0.0.1/"]
  provision:objects:
    - {type: Group, path: /staff}
    - type: Client
      clientId: shop
      directAccessGrants: true
"""
_URN = "urn:pulumi:dev::shop::provision:index:McpStack$provision:keycloak:{}"


@pytest.fixture
def stack(tmp_path):
    folder = tmp_path / "repository" / "stacks"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(_FILE)
    return Project.at(folder).stack("dev")


def test_a_file_is_named_from_the_root_of_its_repository_or_from_the_working_directory(
    stack, tmp_path, monkeypatch
):
    assert address(stack.file) == "stacks/Pulumi.dev.yaml"
    (tmp_path / "repository" / ".git").rmdir()
    (tmp_path / "repository" / ".git").write_text("gitdir: elsewhere")  # a worktree
    assert address(stack.file) == "stacks/Pulumi.dev.yaml"
    (tmp_path / "repository" / ".git").unlink()
    monkeypatch.chdir(tmp_path)
    assert address(stack.file) == "repository/stacks/Pulumi.dev.yaml"
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert address(stack.file) == stack.file.resolve().as_uri()


@pytest.mark.parametrize(
    ("resource", "line"),
    [
        (_URN.format("Client::Client/shop"), 7),
        (_URN.format("Group::Group//staff"), 6),
        (_URN.format("Client::editor"), 3),
        (_URN.format("ClientScope::editor"), 1),
        (_URN.format("Realm::realm"), 1),
        ("client shop", 1),
    ],
)
def test_an_object_of_the_stack_file_is_found_by_its_resource(stack, resource, line):
    assert line_finder(stack)(resource) == line


def test_sarif_points_to_the_line_of_the_object(stack):
    inputs = {"realm": "mcp", "clientId": "shop", "directAccessGrants": True}
    urn = _URN.format("Client::Client/shop")
    report, subject = judged(stack, [Declared(urn, urn.split("::")[2].split("$")[1], inputs)])
    results = json.loads(written(report, subject, "sarif"))["runs"][0]["results"]
    (place,) = [
        item["locations"][0]["physicalLocation"]
        for item in results
        if item["ruleId"] == "client-password-grant"
    ]
    assert place == {"artifactLocation": {"uri": "stacks/Pulumi.dev.yaml"}, "region": {"startLine": 7}}
