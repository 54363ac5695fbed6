"""A name at the top of a module means one thing: of two constants of one name, all readers get the second."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.syntax import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[2]


def _assigned(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _twice(source: str) -> set[str]:
    names = [*_assigned(parsed(source))]
    return {name for name in names if names.count(name) > 1}


def test_no_module_gives_a_name_two_meanings():
    files = [*(_ROOT / "provision").rglob("*.py"), *(_ROOT / "tests").rglob("*.py")]
    found = {str(file.relative_to(_ROOT)): _twice(file.read_text(encoding="utf-8")) for file in files}
    assert len(found) > 400
    assert {name: twice for name, twice in found.items() if twice} == {}


@pytest.mark.parametrize("source", ["A = 1\nB = 2\nA = 3\n", "A: int = 1\nA = 2\n"])
def test_a_second_meaning_is_noticed(source):
    assert _twice(source) == {"A"}
