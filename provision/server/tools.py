"""The tools of the reference server."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated

from fastmcp.exceptions import ToolError
from fastmcp.tools.base import Tool
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from collections.abc import Callable

First = Annotated[float, Field(description="The first number.", allow_inf_nan=False)]
Second = Annotated[float, Field(description="The second number.", allow_inf_nan=False)]


class Calculation(BaseModel):
    """The answer of a tool.

    Args:
        operation: The name of the operation.
        operands: The operands.
        result: The result.
        timestamp: The time of the calculation, in ISO 8601 with the UTC offset.
    """

    operation: str
    operands: list[float]
    result: float
    timestamp: str


# The tools have no docstrings: the library would import a whole docstring parser at the start to read them.
def add_numbers(a: First, b: Second) -> Calculation:  # noqa: D103
    return _calculation("addition", a, b, a + b)


def multiply_numbers(x: First, y: Second) -> Calculation:  # noqa: D103
    return _calculation("multiplication", x, y, x * y)


@cache
def tools() -> tuple[Tool, ...]:
    """Return the tools with their descriptions; each is built once."""
    return _tool(add_numbers, "Add two numbers."), _tool(multiply_numbers, "Multiply two numbers.")


def _tool(function: Callable[..., Calculation], description: str) -> Tool:
    hints = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    return Tool.from_function(function, description=description, annotations=hints)


def _calculation(operation: str, first: float, second: float, result: float) -> Calculation:
    if not math.isfinite(result):
        raise ToolError("The result is too large.")
    return Calculation(
        operation=operation,
        operands=[first, second],
        result=result,
        timestamp=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
