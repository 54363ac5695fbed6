"""The Pulumi program of a stack: read the configuration, build the component, export the outputs."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pulumi

from provision._lib.errors import ProvisionError, StoppedError, UsageError
from provision._lib.hints import for_program, hint
from provision.config.names import NAMESPACE
from provision.config.project import Project
from provision.config.secret_source import ENCRYPTED, all_marked, holds_encrypted, marked
from provision.config.stack_config import parsed, read
from provision.runtimes import start_preflight
from provision.stack.component import McpStack

if TYPE_CHECKING:
    from pathlib import Path


def program(project_folder: Path) -> dict[str, Any]:
    """Run the Pulumi program: read the stack's config, build the component, export and return the outputs.

    Args:
        project_folder: The folder that holds ``Pulumi.yaml``.

    Raises:
        pulumi.RunError: The configuration is wrong; the engine shows the error's text, without a traceback.
    """
    from pulumi.runtime.config import CONFIG, get_config_env

    _end_at_sigint()
    prefix = f"{NAMESPACE}:"
    values = CONFIG.get() or get_config_env()
    name = pulumi.get_stack()
    for_program(name)
    try:
        stack = Project.at(project_folder).stack(name)
        written = stack.document().get("config") or {}
        own = {
            key.removeprefix(prefix): _marked(key, value, written.get(key))
            for key, value in values.items()
            if key.startswith(prefix)
        }
        if not own and written:
            raise UsageError(
                f"Stack {name} is a copy by name, and plain pulumi does not read {stack.file.name} for it.",
                f"Use {hint('up')}, or copy the file to Pulumi.{name}.yaml.",
            )
        config = read(own, source=str(stack.file), folder=stack.project.folder, resolve=True)
        config = start_preflight.checked(config, stack)
    except ProvisionError as error:
        raise pulumi.RunError(str(error)) from None
    plain = tuple(key for key, secret in config.given_secrets.items() if secret.origin.kind == "clear")
    outputs = McpStack(name, config, home=stack.home, folder=project_folder, plain_secrets=plain).outputs
    for key, value in outputs.items():
        pulumi.export(key, value)
    return outputs


def _end_at_sigint() -> None:
    """Let SIGINT end a program of its own process at once and silently.

    The language host interrupts a program that waits for an engine which has given up; Python would print a traceback below
    the engine's error. In a command of ours the program runs on another thread, and the signal is the command's.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: os._exit(StoppedError.exit_code))


def _marked(key: str, value: Any, written: Any) -> Any:
    """Return a value of the engine in which each text that is encrypted in the stack file is marked.

    Args:
        key: The whole key.
        value: The value, decrypted.
        written: The value as the stack file has it; plain Pulumi may have read another file (``--config-file``).
    """
    from pulumi.runtime.config import get_config_secret_keys_env, is_config_secret

    found = parsed(value)
    if holds_encrypted(written):
        return marked(value if isinstance(written, dict) and ENCRYPTED in written else found, written)
    is_secret = is_config_secret(key) or key in get_config_secret_keys_env()
    return all_marked(found) if is_secret else found
