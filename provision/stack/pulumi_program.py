"""The Pulumi program of a stack: read the configuration, build the component, export the outputs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pulumi

from provision._lib.errors import ProvisionError, UsageError
from provision.config.names import NAMESPACE
from provision.config.project import Project
from provision.config.stack_config import StackConfig, read
from provision.runtimes.certificate_preflight import refuse_unusable
from provision.stack.component import McpStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def program(project_folder: Path) -> dict[str, Any]:
    """Run the Pulumi program: read the stack's config, build the component, export and return the outputs.

    Args:
        project_folder: The folder that holds ``Pulumi.yaml``.

    Raises:
        pulumi.RunError: The configuration is wrong; the engine shows the error's text, without a traceback.
    """
    from pulumi.runtime.config import CONFIG, get_config_env

    prefix = f"{NAMESPACE}:"
    values = CONFIG.get() or get_config_env()
    own = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
    name = pulumi.get_stack()
    try:
        stack = Project.at(project_folder).stack(name)
        if not own and stack.document().get("config"):
            raise UsageError(
                f"Stack {name} is a copy by name, and plain pulumi does not read {stack.file.name} for it.",
                f"Use `provision -s {name}`, or copy the file to Pulumi.{name}.yaml.",
            )
        config = read(own, source=str(stack.file), folder=stack.project.folder, stack=name)
        refuse_unusable(config, str(stack.file))
    except ProvisionError as error:
        raise pulumi.RunError(str(error)) from None
    outputs = McpStack(
        name, config, home=stack.home, folder=project_folder, plain_secrets=tuple(_unencrypted(config))
    ).outputs
    for key, value in outputs.items():
        pulumi.export(key, value)
    return outputs


def _unencrypted(config: StackConfig) -> Iterator[str]:
    """Yield the keys of the secrets in the stack file whose top-level key is unencrypted according to Pulumi."""
    from pulumi.runtime.config import get_config_secret_keys_env, is_config_secret

    given = get_config_secret_keys_env()
    for key in config.given_secrets:
        top = f"{NAMESPACE}:{re.split(r'[.[]', key, maxsplit=1)[0]}"
        if not is_config_secret(top) and top not in given:
            yield key
