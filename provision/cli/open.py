"""``provision open``: the admin console in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from provision.cli.main import Invocation


@click.command("open")
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Open Keycloak's admin console in the browser."""
    outputs = invocation.engine().outputs()
    if not outputs:
        raise ProvisionError(f"Stack {invocation.stack_name} is not up.", "Start it: provision up")
    if click.launch(outputs["admin_console"]) != 0:
        click.echo(outputs["admin_console"])
