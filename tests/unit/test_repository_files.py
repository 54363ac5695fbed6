"""What the hosting site, editors and contributors read is well-formed, and names what is there."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

_PROJECT = Path(__file__).parents[2]
_FORMS = sorted(
    set((_PROJECT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    - {_PROJECT / ".github/ISSUE_TEMPLATE/config.yml"}
)
_WORKFLOWS = sorted((_PROJECT / ".github" / "workflows").glob("*.yml"))
_KINDS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}


def _yaml(path):
    return yaml.safe_load((_PROJECT / path).read_text())


def _name(path):
    return path.name


def test_there_is_a_form_for_bugs_features_and_questions():
    assert [path.name for path in _FORMS] == ["bug.yml", "feature.yml", "question.yml"]


@pytest.mark.parametrize("form", _FORMS, ids=_name)
def test_an_issue_form_has_what_the_site_requires(form):
    document = _yaml(form)
    assert document.keys() <= {"name", "description", "labels", "title", "body"}
    assert document["name"]
    assert document["description"]
    fields = [field for field in document["body"] if field["type"] != "markdown"]
    assert fields
    assert {field["type"] for field in document["body"]} <= _KINDS
    assert len({field["id"] for field in fields}) == len(fields)
    for field in document["body"]:
        if field["type"] == "markdown":
            assert field["attributes"]["value"]
            continue
        assert re.fullmatch(r"[A-Za-z0-9_-]+", field["id"])
        assert field["attributes"]["label"]
        assert isinstance(field.get("validations", {}).get("required", False), bool)
        if field["type"] == "checkboxes":
            assert all(option["label"] for option in field["attributes"]["options"])


def test_the_form_for_bugs_asks_for_version_command_doctor_and_stack_file():
    fields = {field.get("id"): field for field in _yaml(".github/ISSUE_TEMPLATE/bug.yml")["body"]}
    assert {"version", "command", "doctor", "stack"} <= fields.keys()
    assert "provision doctor --json" in fields["doctor"]["attributes"]["label"]
    assert "without its secrets" in fields["stack"]["attributes"]["description"]


def test_holes_in_security_are_led_away_from_issues():
    document = _yaml(".github/ISSUE_TEMPLATE/config.yml")
    assert document["blank_issues_enabled"] is False
    (contact,) = document["contact_links"]
    assert contact.keys() == {"name", "url", "about"}
    assert contact["url"].startswith("https://")


@pytest.mark.parametrize("workflow", _WORKFLOWS, ids=_name)
def test_a_workflow_has_few_rights_limits_and_fixed_actions(workflow):
    document = _yaml(workflow)
    assert document["permissions"] == {"contents": "read"}
    assert document["concurrency"]["group"]
    assert "secrets." not in workflow.read_text()
    for job in document["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 120
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/none@v1"))


def test_continuous_integration_is_the_script_that_runs_anywhere():
    document = _yaml(".github/workflows/ci.yml")
    assert {"push", "pull_request"} <= document[True].keys()  # YAML 1.1 reads `on` as true
    assert [step["run"] for step in document["jobs"]["test"]["steps"] if "run" in step] == [".ci/run"]
    assert (_PROJECT / ".ci" / "run").stat().st_mode & 0o111


def test_a_tag_is_released_by_the_command_that_refuses():
    document = _yaml(".github/workflows/release.yml")
    assert document[True] == {"push": {"tags": ["v*"]}}
    build, publish = document["jobs"]["build"], document["jobs"]["publish"]
    assert "make release" in [step.get("run") for step in build["steps"]]
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"contents": "write"}


def test_the_hooks_are_the_tools_of_the_lock_file():
    tools = {"ruff", "mypy", "lint-imports"}
    (repository,) = _yaml(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert all(hook["language"] == "system" for hook in repository["hooks"])
    assert {hook["entry"].split()[0] for hook in repository["hooks"]} == {
        f".venv/bin/{name}" for name in tools
    }
    assert [hook["id"] for hook in repository["hooks"]] == [
        "ruff-format",
        "ruff-check",
        "mypy",
        "import-linter",
    ]


def test_the_container_for_development_is_set_up_as_a_checkout_is():
    document = json.loads((_PROJECT / ".devcontainer" / "devcontainer.json").read_text())
    assert document["postCreateCommand"] == "make setup"
    assert document["image"]


def test_editors_and_the_formatter_agree_on_the_length_of_a_line():
    ruff = tomllib.loads((_PROJECT / "pyproject.toml").read_text())["tool"]["ruff"]
    assert f"max_line_length = {ruff['line-length']}\n" in (_PROJECT / ".editorconfig").read_text()


def test_what_contributors_are_told_to_run_is_there():
    page = (_PROJECT / "CONTRIBUTING.md").read_text()
    targets = set(re.findall(r"^([a-z-]+):", (_PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert {"setup", "check", "test"} <= set(re.findall(r"\bmake ([a-z-]+)", page)) <= targets
    assert [name for name in re.findall(r"tests/[\w/]+\.py", page) if not (_PROJECT / name).is_file()] == []


def test_the_licence_is_the_whole_one_that_the_package_names():
    assert tomllib.loads((_PROJECT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"
    text = (_PROJECT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert all(f"\n   {number}. " in text for number in range(1, 10))
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_policy_on_security_names_the_version_that_gets_fixes():
    version = tomllib.loads((_PROJECT / "pyproject.toml").read_text())["project"]["version"]
    assert f"| {version.rpartition('.')[0]} | yes |" in (_PROJECT / "SECURITY.md").read_text()


def test_what_make_setup_installs_by_pip_has_checksums():
    recipe = (_PROJECT / "Makefile").read_text()
    installs = [line for line in recipe.splitlines() if "pip install" in line and "error:" not in line]
    assert installs
    assert all("--require-hashes" in line for line in installs), installs
    required = (_PROJECT / "tools" / "uv-requirements.txt").read_text()
    assert re.search(r"^uv==[0-9.]+ \\\n    --hash=sha256:[0-9a-f]{64}", required, re.MULTILINE)


def test_the_builder_of_the_package_has_an_upper_bound():
    (builder,) = tomllib.loads((_PROJECT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert "<" in builder
