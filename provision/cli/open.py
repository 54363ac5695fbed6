"""``provision open``: open the admin console in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.output import say

if TYPE_CHECKING:
    from provision.cli.main import Invocation


@click.command("open")
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Open Keycloak's admin console in the browser."""
    console = invocation.engine().outputs_when_up().admin_console
    if click.launch(console) != 0:
        say(console)
