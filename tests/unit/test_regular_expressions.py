"""A regular expression that means a whole text is used with ``fullmatch``: ``$`` also matches before a newline at the end."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.syntax import parsed

_ROOT = Path(__file__).parents[2]
_FOLDERS = ("provision", "tools", "stacks", "policies")


def _ends_in_dollar(node):
    """Return whether a pattern ends in a dollar sign that stands for the end of the text."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[-1] if node.values else node
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
        return False
    text = node.value.decode() if isinstance(node.value, bytes) else node.value
    return text.endswith("$") and not text.endswith("\\$")


def _called(node):
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _wrong(source):
    """Return the lines that match from the beginning to a dollar sign: re.match("…$") and compiled("…$").match."""
    tree = parsed(source)
    compiled = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if _called(node.value) == "compile" and node.value.args and _ends_in_dollar(node.value.args[0])
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if any(key.arg == "pattern" and _ends_in_dollar(key.value) for key in node.keywords):
            lines.append(node.lineno)  # a Field: its error would show the expression
        if _called(node) != "match":
            continue
        owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id == "re" and node.args and _ends_in_dollar(node.args[0]):
            lines.append(node.lineno)
        if isinstance(owner, ast.Name) and owner.id in compiled:
            lines.append(node.lineno)
    return sorted(lines)


def test_no_module_matches_to_a_dollar_sign():
    found = {
        f"{file.relative_to(_ROOT)}:{line}"
        for folder in _FOLDERS
        for file in sorted((_ROOT / folder).rglob("*.py"))
        for line in _wrong(file.read_text(encoding="utf-8"))
    }
    assert found == set(), "use fullmatch, or provision._lib.matches.Matches for a field"


@pytest.mark.parametrize(
    "source",
    [
        're.match("a$", x)',
        '_A = re.compile(r"^a$")\n_A.match(x)',
        'Field(pattern=r"^a$")',
        're.match(rf"{a}$", x)',
    ],
)
def test_a_match_to_a_dollar_sign_is_noticed(source):
    assert _wrong(source) != []


def test_other_uses_of_a_dollar_sign_are_fine():
    assert _wrong('re.search(r"a$", x)\nre.match(r"a\\$", x)\nre.compile(r"a$").fullmatch(x)') == []
