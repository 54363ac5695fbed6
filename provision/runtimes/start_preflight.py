"""The checks of a stack file against this machine, before any part of the stack is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.runtimes import restore_record
from provision.runtimes.certificate_preflight import refuse_unusable
from provision.runtimes.program_preflight import refuse_missing

if TYPE_CHECKING:
    from provision.config.project import StackFile
    from provision.config.stack_config import StackConfig


def checked(config: StackConfig, stack: StackFile) -> StackConfig:
    """Return the settings with which the stack starts: its file's, with the ports of a restored backup.

    Args:
        config: The stack file's settings.
        stack: The stack.

    Raises:
        UsageError: A certificate or a program of a server can't be used.
    """
    config = restore_record.with_ports(config, stack.home)
    refuse_unusable(config, str(stack.file))
    refuse_missing(config, stack.project.folder, str(stack.file))
    return config
