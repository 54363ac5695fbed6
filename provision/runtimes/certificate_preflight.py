"""The check of the certificates of a stack's MCP servers before any part of the stack is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.alias_generators import to_camel

from provision._lib.errors import UsageError
from provision.config.names import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.config.stack_config import StackConfig


def refuse_unusable(config: StackConfig, source: str) -> None:
    """Refuse certificates that servers could not start with or that clients would not trust.

    Args:
        config: The stack file's settings.
        source: The stack file.

    Raises:
        UsageError: A certificate can't be used; the error names every problem with its key.
    """
    if problems := [*_problems(config)]:
        lines = "\n".join(f"  {NAMESPACE}:{problem}" for problem in problems)
        raise UsageError(
            f"A certificate that {source} names can't be used:\n{lines}",
            "Correct the file or its key; nothing was changed.",
        )


def _problems(config: StackConfig) -> Iterator[str]:
    for path, server in config.placed_servers:
        certificate, key = server.tls_certificate_file, server.tls_key_file
        if certificate is None or key is None:
            continue
        from provision.runtimes.certificate import distrust, flaw

        problem = flaw(certificate, key) or distrust(certificate, key, server.ca_file)
        if problem is not None:
            settings, _, reason = problem.partition(": ")
            yield f"{path}.{', '.join(map(to_camel, settings.split(', ')))}: {reason}"
