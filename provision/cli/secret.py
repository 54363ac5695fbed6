"""``provision secret``: set the secrets of a stack file."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from provision._lib.errors import UsageError
from provision.config.names import NAMESPACE

if TYPE_CHECKING:
    from provision.cli.main import Invocation
    from provision.config.project import StackFile


def asked_for(key: str, *, twice: bool = False) -> str:
    """Return a secret from a prompt on the terminal, or else the first line of standard input.

    Raises:
        UsageError: The secret is empty.
    """
    if sys.stdin.isatty():
        value: str = click.prompt(key, hide_input=True, confirmation_prompt=twice, err=True)
    else:
        value = sys.stdin.readline().rstrip("\n")
    if not value:
        raise UsageError("No secret was given.", f"Write {key} to standard input: `provision … < FILE`.")
    return value


def _known(key: str) -> str:
    from provision.config.secret_keys import is_secret_key, secret_keys

    if is_secret_key(key):
        return key
    raise UsageError(f"There is no secret {key!r}.", f"There are {', '.join(secret_keys())}.")


def _find_server(stack: StackFile, index: int) -> None:
    """Refuse a server that the stack file does not declare, since Pulumi would replace the list of servers."""
    declared = stack.document().get("config", {}).get(f"{NAMESPACE}:servers")
    count = len(declared) if isinstance(declared, list) else 0
    if index >= count:
        raise UsageError(
            f"{stack.file.name} has no servers[{index}].",
            f"Declare it first; the first of the {count} servers is servers[0]."
            if count
            else "Its one server's secret is introspectionClientSecret.",
        )


@click.group("secret")
def command() -> None:
    """Set an encrypted secret in the stack file."""


@command.command("set")
@click.argument("key", callback=lambda _context, _parameter, key: _known(key))
@click.pass_obj
def set_secret(invocation: Invocation, key: str) -> None:
    """Read a secret from the terminal (or from standard input) and write the secret, encrypted, into the stack file.

    KEY is the key of the secret in the file, such as adminClientSecret or, with several servers,
    servers[0].introspectionClientSecret. The error text for any other KEY lists all keys.
    """
    value = asked_for(key, twice=True)
    engine = invocation.engine(complete=False)  # the configuration still lacks the secret
    if place := re.match(r"servers\[(\d+)\]", key):
        _find_server(engine.stack, int(place[1]))
    engine.set_secret(key, value)
    applies = f"`provision up -s {engine.stack.name}` applies it"
    click.echo(f"{key} is set in {engine.stack.file.name}; {applies}.", err=True)
