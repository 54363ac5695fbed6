"""The component that puts a stack together; ``program`` is the Pulumi program of a project's ``__main__.py``."""

from __future__ import annotations

from typing import Any

__all__ = ["program"]


def __getattr__(name: str) -> Any:
    """Load the program when it is asked for: it needs Pulumi, and the stack's other modules do not."""
    if name == "program":
        from provision.stack.pulumi_program import program

        return program
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
