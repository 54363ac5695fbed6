"""Commands in hints name stack and project, so that nobody works on another stack by a hint that was copied."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from provision._lib.hints import command_line, for_program, for_stack, hint
from provision.cli.main import _COMMANDS
from tests.support.syntax import parsed

_PACKAGE = Path(__file__).parents[2] / "provision"
_ALLOWED = {
    "_lib/hints.py": "it writes the commands",
    "rules/reports/junit.py": "it names the tool",
    "rules/reports/sarif.py": "it names the tool",
    "server/own.py": "a server of one's own may run without a stack, and imports nothing of ours",
}
_COMMAND = re.compile(rf"\bprovision (-\w|…|({'|'.join(_COMMANDS)})\b)")


def test_a_hint_names_the_stack_that_the_process_works_on():
    for_stack("shop")
    assert hint("up", "--refresh") == "`provision up --refresh -s shop`"
    assert command_line("secret set", "servers[0].x") == "provision secret set 'servers[0].x' -s shop"
    assert hint("down", stack="other") == "`provision down -s other`"


def test_a_hint_names_the_project_as_the_caller_did():
    for_stack("shop", Path("my shop/stacks"))
    assert hint("up") == "`provision up -s shop -C 'my shop/stacks'`"
    assert hint("down", "-C", "elsewhere") == "`provision down -C elsewhere -s shop`"
    assert hint("doctor") == "`provision doctor`"
    for_program("shop")
    assert hint("up") == "`provision up -s shop -C 'my shop/stacks'`", "the program runs in our command"
    for_stack("shop")
    assert hint("up") == "`provision up -s shop`"


def test_a_hint_of_a_process_without_a_stack_leaves_its_place_open():
    assert hint("down") == "`provision down -s STACK`"


def test_a_command_that_is_about_no_stack_names_none():
    assert hint("schema") == "`provision schema`"


def _texts(tree):
    """Yield the texts of a module that are not docstrings, each with its line."""
    silent = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.lineno, node.value


def _written(source):
    return [line for line, text in _texts(parsed(source)) if _COMMAND.search(text)]


def test_no_module_writes_a_command_by_itself():
    found = {
        f"{name}:{line}"
        for file in sorted(_PACKAGE.rglob("*.py"))
        if (name := file.relative_to(_PACKAGE).as_posix()) not in _ALLOWED
        for line in _written(file.read_text(encoding="utf-8"))
    }
    assert found == set(), "write it with provision._lib.hints.hint"


@pytest.mark.parametrize(
    "source",
    ['x = "Start it: `provision up`."', 'x = f"run `provision secret set {key}`"', 'x = "provision -s a up"'],
)
def test_a_command_that_a_module_writes_by_itself_is_noticed(source):
    assert _written(source) == [1]


def test_a_docstring_may_name_a_command():
    assert _written('def f():\n    """Run `provision up`."""\n') == []
