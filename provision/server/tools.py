"""The tools of the reference server."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated

from fastmcp.exceptions import ToolError
from pydantic import BaseModel, Field

Number = Annotated[float, Field(allow_inf_nan=False)]


class Calculation(BaseModel):
    """What a tool answers.

    Args:
        operation: What was done.
        operands: What it was done with.
        result: What came out.
        timestamp: When, in ISO 8601 with the UTC offset.
    """

    operation: str
    operands: list[float]
    result: float
    timestamp: str


def add_numbers(a: Number, b: Number) -> Calculation:
    """Add two numbers."""
    return _calculation("addition", a, b, a + b)


def multiply_numbers(x: Number, y: Number) -> Calculation:
    """Multiply two numbers."""
    return _calculation("multiplication", x, y, x * y)


def _calculation(operation: str, first: float, second: float, result: float) -> Calculation:
    if not math.isfinite(result):
        raise ToolError("The result is too large.")
    return Calculation(
        operation=operation,
        operands=[first, second],
        result=result,
        timestamp=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
