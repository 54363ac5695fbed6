"""``provision secret``: secrets of the stack config."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from provision.config.names import SECRETS
from provision.errors import UsageError

if TYPE_CHECKING:
    from provision.cli.main import Invocation


def asked_for(key: str, *, twice: bool = False) -> str:
    """A secret from the terminal, or the first line of standard input.

    Raises:
        UsageError: There is none.
    """
    if sys.stdin.isatty():
        value: str = click.prompt(key, hide_input=True, confirmation_prompt=twice, err=True)
    else:
        value = sys.stdin.readline().rstrip("\n")
    if not value:
        raise UsageError("No secret was given.", f"Write {key} to standard input: `provision … < FILE`.")
    return value


@click.group("secret")
def command() -> None:
    """Set a secret in the stack's file, encrypted."""


@command.command("set")
@click.argument("key", type=click.Choice(SECRETS))
@click.pass_obj
def set_secret(invocation: Invocation, key: str) -> None:
    """Read a secret from the terminal (or from standard input) and write it, encrypted, into the stack's file."""
    value = asked_for(key, twice=True)
    engine = invocation.engine(complete=False)  # it is set because the configuration lacks it
    engine.set_secret(key, value)
    click.echo(f"{key} is set in {engine.stack.file.name}; `provision up` applies it.", err=True)
