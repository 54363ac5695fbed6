"""``provision open``: show and open the address of the admin console, and make a user for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision.cli.main import print_json
from provision.cli.output import say

if TYPE_CHECKING:
    from provision.cli.main import Invocation
    from provision.cli.stack_session import StackSession


@click.command("open")
@click.option(
    "--login",
    is_flag=True,
    help="Make a user for the console, print its new password, and end the one from before (dev and test stacks).",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print its address as one JSON document, and open nothing."
)
@click.pass_obj
def command(invocation: Invocation, *, login: bool, as_json: bool) -> None:
    """Open Keycloak's admin console in the browser.

    A new stack has no user for the console: its administrator is a service account, which can't log in there.
    --login makes one, with a password that is printed once and kept nowhere.
    """
    from provision.cli import browser, console_login
    from provision.cli.stack_session import StackSession

    stack = StackSession.of(invocation)
    console = stack.outputs.admin_console
    shown = {"admin_console": console}
    if login:
        shown |= _renewed_user(stack)
    if as_json:
        print_json(shown)
        return
    say(console)
    if login:
        say(f"Log in as {shown['username']} with the password {shown['password']}", one_line=True)
    elif console_login.is_possible(stack.engine.stack, stack.outputs):
        say(f"Log in: {hint('open', '--login')} makes a user and prints the password.")
    if not browser.opens(console):
        say("No browser could be opened here; open the address yourself.", err=True)


def _renewed_user(stack: StackSession) -> dict[str, str]:
    """Return the name and password of a new user for the console.

    Raises:
        UsageError: The stack is a production stack, or its Keycloak belongs to somebody else.
    """
    from provision.cli import console_login
    from provision.keycloak import console_user

    if not console_login.is_possible(stack.engine.stack, stack.outputs):
        raise UsageError(
            "--login makes an administrator only in dev and test stacks that start their own Keycloak.",
            "Log in with an account that the administrators of this Keycloak gave you.",
        )
    password = console_user.renew(stack.session, stack.config.keycloak.auth_realm)
    return {"username": console_user.USERNAME, "password": password}
