"""The extra ``server`` declares what the server imports, and nothing besides."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import provision.server

_ROOT = Path(__file__).parents[2]
_WITH_THEM = {
    "anyio",
    "h11",
    "joserfc",
    "mcp",
    "mcp_types",
    "pydantic_core",
    "sse_starlette",
    "starlette",
    "uvicorn",
}
"""What the pinned FastMCP, and pydantic, bring and are themselves the interface of."""


def imported():
    for file in Path(provision.server.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield (node.module or "").partition(".")[0]


def test_what_the_server_imports_is_declared():
    extra = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"][
        "server"
    ]
    declared = {re.split(r"[^\w-]", line)[0].replace("-", "_") for line in extra}
    foreign = {name for name in imported() if name not in sys.stdlib_module_names} - {"provision"}
    assert foreign - _WITH_THEM == declared
