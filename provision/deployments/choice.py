"""Which runtime the program uses, said to the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from provision._lib.errors import ProvisionError
from provision.runtimes.choice import choose

if TYPE_CHECKING:
    from pathlib import Path


def chosen(runtime: str, home: Path) -> str:
    """The runtime: ``process``, ``docker`` or ``external``.

    Args:
        runtime: What the stack file says.
        home: The stack's folder.

    Raises:
        pulumi.RunError: Containers are wanted and can't be had, or the stack runs in the other one.
    """
    try:
        choice = choose(runtime, home)
    except ProvisionError as error:
        raise pulumi.RunError(str(error)) from None
    if choice.why:
        pulumi.log.info(choice.why)
    return choice.runtime
