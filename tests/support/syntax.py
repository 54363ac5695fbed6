"""Syntax trees of sources, each parsed once in a process: several tests look at every module of the package."""

from __future__ import annotations

import ast
from functools import cache


@cache
def parsed(source: str) -> ast.Module:
    """Return the tree of a source; nobody changes it."""
    return ast.parse(source)
