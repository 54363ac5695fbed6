"""What the pages of docs/ say about files is true."""

import re
from pathlib import Path

import pytest

from provision.server.settings import Settings
from tests.support import container_limits
from tests.support.mutations import Add, Remove, Set, Where
from tools import rules_page, settings_table

_DOCS = Path(__file__).parents[2] / "docs"
_EXAMPLES = ("library.py", "library.yaml")


@pytest.mark.parametrize("name", _EXAMPLES)
def test_the_library_page_shows_the_example_that_is_tested(name):
    example = (_DOCS / "examples" / name).read_text()
    assert len(example.splitlines()) <= 20
    assert (
        f"```{name.rpartition('.')[2]}\n{example}```".replace("```py\n", "```python\n")
        in (_DOCS / "library.md").read_text()
    )


@pytest.mark.parametrize("name", ["own_fastmcp.py", "own_sdk.py"])
def test_the_page_of_the_servers_shows_the_example_that_is_tested(name):
    example = (_DOCS / "examples" / name).read_text()
    assert len([line for line in example.splitlines() if line]) <= 10
    assert f"```python\n{example}```" in (_DOCS / "servers.md").read_text()


def test_the_page_of_the_servers_shows_the_stack_file_that_is_tested():
    example = (_DOCS / "examples" / "own_stack.yaml").read_text()
    assert f"```yaml\n{example}```" in (_DOCS / "servers.md").read_text()


@pytest.mark.parametrize(
    ("name", "language"), [("testing_conftest.py", "python"), ("testing_stack.yaml", "yaml")]
)
def test_the_page_for_test_writers_shows_the_example_that_is_tested(name, language):
    example = (_DOCS / "examples" / name).read_text()
    assert f"```{language}\n{example}```" in (_DOCS / "testing.md").read_text()


@pytest.mark.parametrize(
    "page", [*_DOCS.parent.glob("*.md"), *_DOCS.rglob("*.md")], ids=lambda page: page.name
)
def test_every_link_leads_somewhere(page):
    prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_each_line_of_what_a_container_may_do_has_a_check_and_each_check_a_line():
    table = (_DOCS / "docker.md").read_text().partition("## What a container may do")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (\w[^|]*?) \|", table, re.MULTILINE)
    assert lines == list(container_limits.CHECKS)


def test_the_page_of_the_rules_says_what_they_say():
    assert rules_page.PAGE.read_text() == rules_page.page(), "write it: make docs"


def test_the_page_of_the_server_lists_its_settings_as_they_are():
    assert settings_table.PAGE.read_text() == settings_table.page(), "write it: make docs"


def test_the_page_of_the_servers_names_settings_that_there_are():
    table = (_DOCS / "servers.md").read_text().partition("| key | what |")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if line))
    assert named
    assert set(named) <= Settings.model_fields.keys()


def test_what_breaks_a_rule_is_shown_as_a_stack_file_would_say_it():
    old = Where("Client", {"access": "public"})
    changes = (
        Set(old, {"redirectUris": ("https://a.example/*",)}),
        Add("RealmRole", {"name": "all"}, like=Where("RealmRole", {"realm": "mcp"})),
        Remove(Where("TrustedHostsPolicy", {"registration": "anonymous"})),
    )
    assert rules_page.example(changes) == (
        "- type: Client\n  access: public\n  redirectUris:\n  - https://a.example/*\n"
        "- type: RealmRole\n  realm: mcp\n  name: all\n"
        "# no TrustedHostsPolicy with registration: anonymous"
    )


def test_every_path_that_the_architecture_page_names_exists():
    root, text = _DOCS.parent, (_DOCS / "architecture.md").read_text()
    paths = re.findall(
        r"`((?:provision|tests|docs|tools|stacks|policies|benchmarks)/[^`\s]*|README\.md)`", text
    )
    assert len(paths) > 40
    assert [path for path in paths if not [*root.glob(re.sub(r"<\w+>", "*", path.rstrip("/")))]] == []


def test_every_threat_of_the_model_has_a_test_that_exists():
    text = (_DOCS / "threat-model.md").read_text().partition("## What stays")[0]
    rows = [line for line in text.splitlines() if re.match(r"\| [STRIDE]\b", line)]
    assert len(rows) > 15
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)`", row.split("|")[4])
        assert tests, row
        assert all((_DOCS.parent / test).is_file() for test in tests), row


@pytest.mark.parametrize(
    "file",
    [*_DOCS.parent.joinpath("tools").glob("*.py"), *_DOCS.glob("*.md"), *_DOCS.parent.glob("*.md")],
    ids=lambda file: file.name,
)
def test_every_file_of_the_package_that_a_page_or_tool_names_exists(file):
    named = re.findall(r"\bprovision/[\w/]+\.(?:py|pyi|toml|json|md|html|yaml)\b", file.read_text())
    assert [path for path in named if not (_DOCS.parent / path).is_file()] == []


def test_the_architecture_page_names_every_folder_of_the_package():
    text = (_DOCS / "architecture.md").read_text()
    folders = [path for path in (_DOCS.parent / "provision").iterdir() if (path / "__init__.py").is_file()]
    assert [path.name for path in folders if f"| `provision/{path.name}/` |" not in text] == []
    assert len(folders) + 2 <= 15, "with __init__.py and py.typed"
