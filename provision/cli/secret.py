"""``provision secret``: list, set and get the secrets of a stack."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from provision._lib.errors import ProvisionError, UsageError
from provision._lib.hints import hint
from provision.cli.main import print_json
from provision.cli.output import hand_over, say
from provision.cli.stack_secrets import named, path_of, paths_of, recorded, secrets_of, suggested

if TYPE_CHECKING:
    from provision.cli.main import Invocation
    from provision.cli.stack_secrets import Secret
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
        raise UsageError("No secret was given.", f"Write {key} to standard input, such as `… < FILE`.")
    return value


@click.group("secret")
def command() -> None:
    """List, set and get the stack's secrets."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def list_secrets(invocation: Invocation, *, as_json: bool) -> None:
    """List the stack's secrets by name, and their sources.

    The secrets themselves are never shown.
    """
    stack = invocation.stack()
    found = list(secrets_of(stack.config(), recorded(invocation, stack)))
    if as_json:
        print_json({"secrets": [secret.as_json() for secret in found]})
        return
    width = max((len(secret.name) for secret in found), default=0)
    for secret in found:
        say(f"{secret.name:<{width}}  {secret.source}", one_line=True)
    if not found:
        say("The stack has no secrets.")


@command.command("set")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def set_secret(invocation: Invocation, name: str, *, as_json: bool) -> None:
    """Write a secret, encrypted, into the stack file.

    The secret is read from the terminal or from standard input.

    NAME is a key of the stack file, such as adminClientSecret or, with several servers,
    servers[0].introspectionClientSecret; or a field of an object, such as objects.Client/shop.secret or
    objects[2].password. The error text for any other NAME lists all names.
    """
    from provision.config.project import Project

    path = path_of(Project.find(invocation.project_dir).stack(invocation.stack_name), name)
    engine = invocation.engine(complete=False)  # the configuration still lacks the secret
    engine.refuse_unwritable_file()
    value = asked_for(name, twice=True)
    engine.set_secret(path, value)
    if as_json:
        print_json({"name": name, "file": str(engine.stack.file)})
    else:
        say(f"{name} is set in {engine.stack.file.name}; {hint('up')} applies it.")


@command.command("get")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def get_secret(invocation: Invocation, name: str, *, as_json: bool) -> None:
    """Print a secret in clear, and nothing else.

    `provision secret list` has the names.
    """
    stack = invocation.stack()
    secrets = secrets_of(stack.config(), recorded(invocation, stack))
    found = {secret.name: secret for secret in secrets}
    known = named(name, found, paths_of(stack))
    if known is None:
        raise UsageError(f"Stack {stack.name} has no secret {name!r}.", suggested(name, list(found)))
    secret = found[known]
    value = _value(invocation, stack, secret)
    if as_json:
        print_json({"name": secret.name, "value": value})
    else:
        hand_over(value)


def _value(invocation: Invocation, stack: StackFile, secret: Secret) -> str:
    """Return a secret in clear.

    Raises:
        UsageError: There is nothing at the secret's source.
        ProvisionError: The secret is generated when the stack comes up, and it is not up.
    """
    from provision.config.secret_source import taken

    if secret.origin is None:
        made = invocation.engine().generated_secret(*secret.resource)
        if made is None:
            raise ProvisionError(f"{secret.name} is not generated yet.", f"It is made by {hint('up')}.")
        return made
    if secret.origin.kind in {"encrypted", "clear"}:
        return invocation.engine().secret(path_of(stack, secret.name))
    try:
        return taken(secret.origin, stack.project.folder)
    except ValueError as error:
        raise UsageError(f"{secret.name}: {error}.", f"Correct {stack.file}.") from None
