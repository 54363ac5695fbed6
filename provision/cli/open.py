"""``provision open``: open the admin console in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.main import print_json
from provision.cli.output import say

if TYPE_CHECKING:
    from provision.cli.main import Invocation


@click.command("open")
@click.option(
    "--json", "as_json", is_flag=True, help="Print its address as one JSON document, and open nothing."
)
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool) -> None:
    """Open Keycloak's admin console in the browser."""
    console = invocation.engine().outputs_when_up().admin_console
    if as_json:
        print_json({"admin_console": console})
    elif click.launch(console) != 0:
        say(console)
