"""The stacks for whose admin console ``provision open --login`` makes a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.errors import UsageError
from provision.config import runtimes
from provision.config.names import NAMESPACE
from provision.config.profile import is_production

if TYPE_CHECKING:
    from provision.config.project import StackFile
    from provision.stack.outputs import StackOutputs


def is_possible(stack: StackFile, outputs: StackOutputs) -> bool:
    """Return whether the stack is a dev or test stack that starts its own Keycloak.

    Args:
        stack: The stack, whose file may be gone; it then counts as a production stack.
        outputs: The stack's outputs.
    """
    name = outputs.runtime
    if name is None or not runtimes.is_known(name) or not runtimes.facts(name).starts_keycloak:
        return False
    try:
        config = stack.document().get("config") or {}
    except UsageError:
        return False
    return not is_production(config.get(f"{NAMESPACE}:profile"))
