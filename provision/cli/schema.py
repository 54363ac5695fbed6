"""``provision schema``: print the JSON Schema of stack files."""

from __future__ import annotations

import click

from provision.cli.main import print_json


@click.command("schema")
@click.option("--pulumi", "of_package", is_flag=True, help="The schema of the Pulumi package instead.")
@click.option("--json", "as_json", is_flag=True, help="The same: this command prints JSON anyway.")
def command(*, of_package: bool, as_json: bool) -> None:
    """Print every key of the stack file, as JSON Schema.

    Each key has its default and its meaning.
    """
    del as_json
    if of_package:
        from importlib.metadata import version

        from provision.provider.schema import schema

        print_json(schema(version("mcp-provision")))
        return
    from provision.config.stack_config import StackConfig

    print_json(StackConfig.model_json_schema(by_alias=True))
