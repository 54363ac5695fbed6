"""Text of files is UTF-8 whatever the user's locale is: each call says so."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support.syntax import parsed

_ROOT = Path(__file__).parents[2]
_FOLDERS = ("provision", "tools", "stacks", "policies")


def _is_text(call: ast.Call) -> bool:
    """Return whether a call reads or writes text: read_text, write_text, or an open without b in its mode."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in {"read_text", "write_text"}:
        return not (name == "read_text" and call.args)  # importlib.resources takes the encoding first
    if name not in {"open", "fdopen"}:
        return False
    inner = [item for argument in call.args for item in ast.walk(argument)]
    texts = [item.value for item in inner if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    modes = [text for text in texts if set(text) <= set("rwaxbt+")]
    is_os_open = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") in {
        "os",
        "tarfile",
    }
    return not (name == "open" and is_os_open) and not any("b" in mode for mode in modes)


def _without_encoding(source: Path) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(parsed(source.read_text()))
        if isinstance(node, ast.Call)
        and _is_text(node)
        and not any(item.arg == "encoding" for item in node.keywords)
    ]


def test_every_text_of_a_file_names_its_encoding(tmp_path):
    wrong = {
        f"{source.relative_to(_ROOT)}:{line}"
        for folder in _FOLDERS
        for source in (_ROOT / folder).rglob("*.py")
        for line in _without_encoding(source)
    }
    assert wrong == set()


def test_a_call_without_one_is_found(tmp_path):
    file = tmp_path / "x.py"
    file.write_text(
        "a.read_text()\nb.write_text('x')\nopen('f')\nopen('f', 'rb')\nc.open('a', encoding='x')\n"
    )
    assert _without_encoding(file) == [1, 2, 3]
