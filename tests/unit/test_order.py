"""Which tests one worker runs, and in which order."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support import order

_TESTS = Path(__file__).parents[1]


def test_the_files_that_are_named_are_there():
    named = {*order.TOGETHER, *(f"tests/{name}.py" for name in order.LONGEST)}
    assert {name for name in named if not (_TESTS.parent / name).is_file()} == set()


def test_every_file_that_looks_at_the_shared_stack_is_run_with_the_others():
    looking = {
        f"tests/e2e/{file.name}"
        for file in (_TESTS / "e2e").glob("test_*.py")
        if "shared" in _arguments(ast.parse(file.read_text()))
    }
    assert {*order.TOGETHER} == looking


def _arguments(tree):
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return {argument.arg for function in functions for argument in function.args.args}


def test_files_that_share_a_stack_are_one_unit_of_work_and_others_are_each_by_itself():
    scheduler = object.__new__(order.FilesTogether)
    units = [
        scheduler._split_scope(f"{file}::test_a[x]")
        for file in ("tests/e2e/test_audit.py", "tests/e2e/test_audit_trail.py", "tests/unit/test_urls.py")
    ]
    assert units == ["the shared stack", "the shared stack", "tests/unit/test_urls.py"]


def test_long_files_come_first_then_one_folder_after_the_other():
    ids = [
        "tests/unit/rules/test_checks.py::test_a",
        "tests/processes/test_cli.py::test_a",
        "tests/integration/test_clients.py::test_a",
        "tests/e2e/test_adopt.py::test_a",
        "tests/e2e/test_faults.py::test_a",
    ]
    assert sorted(ids, key=order.rank) == ids[::-1]
