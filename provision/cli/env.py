"""``provision env``: print the variables with which plain ``pulumi`` commands work on the same state."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from provision.cli.main import Invocation, print_json
from provision.cli.output import hand_over


@click.command("env")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool) -> None:
    """Print the shell exports for plain Pulumi.

    Run `eval "$(provision env)"`, then for example `pulumi -C stacks preview -s dev`.
    """
    engine = invocation.engine(complete=False)  # plain Pulumi may be what mends the stack file
    _ = engine.stack.file  # refuses a stack that there is not
    engine.backend.make_state_folder()
    variables = engine.backend.environment()
    places = [str(engine.pulumi.parent), str(Path(sys.executable).parent)]
    path = [place for place in os.environ.get("PATH", "").split(os.pathsep) if place not in places]
    variables["PATH"] = os.pathsep.join([*places, *path])
    if as_json:
        print_json(variables)
        return
    for name, value in variables.items():
        hand_over(f"export {name}={shlex.quote(value)}")
