"""``provision adopt``: write the stack file of a realm that exists already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provision._lib.counts import counted
from provision._lib.errors import ProvisionError, UsageError
from provision._lib.hints import command_line, hint
from provision._lib.private_file import write_private
from provision.cli.main import Invocation, print_json
from provision.cli.output import say
from provision.cli.secret import asked_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provision.config.stack_config import StackConfig

_OPTIONS = "the options of adopt"
_HEAD = """\
# Realm {realm} as it was when it was taken over. What is not named here stays as it is, secrets and users too.
"""


@click.command("adopt")
@click.argument("realm")
@click.option("--url", required=True, help="Keycloak's base address.")
@click.option("--admin-client-id", default="provision-admin", show_default=True, help="The service account.")
@click.option("--auth-realm", default="master", show_default=True, help="The realm in which that is.")
@click.option("--ca-file", type=click.Path(dir_okay=False), help="A PEM bundle that https is verified with.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    realm: str,
    url: str,
    admin_client_id: str,
    auth_realm: str,
    ca_file: str | None,
    as_json: bool,
) -> None:
    """Write the stack file of an existing realm, and manage it.

    The realm REALM is not changed. The command prompts for the service account's secret, or reads the secret from standard input.
    """
    from provision.cli.screen import Screen
    from provision.config.project import Project
    from provision.config.yaml_file import dump
    from provision.keycloak.api.session import Session
    from provision.provider.discovery import discover

    project = Project.find(invocation.project_dir)
    file = project.folder / f"Pulumi.{invocation.stack_name}.yaml"
    if file.exists():
        raise UsageError(f"{file} is there already.", "Give the new stack another name by the option -s.")
    keycloak = {"url": url, "authRealm": auth_realm, "adminClientId": admin_client_id, "caFile": ca_file}
    config = {
        "profile": "prod",
        "runtime": "external",
        "keycloak": {name: value for name, value in keycloak.items() if value},
        "realm": {"name": realm},
        "mcp": False,
    }
    checked = _checked(config)
    secret = asked_for("adminClientSecret")
    session = Session(checked.keycloak.connection(url, secret))
    with Screen() as screen:
        with screen.step(f"Looking through realm {realm}") as step:
            if session.get(realm) is None:
                raise ProvisionError(
                    f"There is no realm {realm!r} at {url}, or {admin_client_id} may not see it.",
                    "Names of realms are case-sensitive; docs/least-privilege.md has the roles it needs.",
                )
            found = discover(session, realm, step)
            if not any(item["type"] == "Realm" for item in found.objects):
                why = next(iter(found.left_out), "its settings can't be read")
                raise ProvisionError(f"The realm cannot be taken over. {why}.")
        document = {
            f"provision:{name}": value for name, value in {**config, "objects": [*found.objects]}.items()
        }
        write_private(file, _HEAD.format(realm=realm) + dump({"config": document}), mode=0o644)
        try:
            engine = invocation.engine(screen, complete=False)
            engine.set_secret("adminClientSecret", secret)
            engine = invocation.engine(screen)
        except BaseException:
            file.unlink()  # a stack file without its secret is useless, and would block the next try
            raise
        engine.up(watcher=screen)
        differing = engine.preview(refresh=True, watcher=screen).changes
    if differing:
        raise ProvisionError(
            f"{file.name} is written, and {counted(len(differing), 'object differs', 'objects differ')} from it still.",
            f"See which: {hint('drift')}.",
        )
    if as_json:
        print_json(
            {
                "stack": invocation.stack_name,
                "file": str(file),
                "objects": len(found.objects),
                "left_out": found.left_out,
            }
        )
    else:
        _say(file, found.objects, found.left_out)


def _checked(config: Mapping[str, Any]) -> StackConfig:
    """Return the stack file's settings without the realm's objects; refuse a wrong address before any prompt or request."""
    from provision.config.stack_config import read

    given = {
        "objects": [{"type": "Realm", "name": config["realm"]["name"]}],
        "adminClientSecret": {"secure": ""},
    }
    try:
        return read({**config, **given}, source=_OPTIONS)
    except UsageError as error:
        named = error.what.replace("provision:keycloak.url", "--url")
        raise UsageError(
            named, "Name Keycloak's base address, such as --url https://login.example.org."
        ) from None


def _say(file: Path, objects: tuple[dict[str, Any], ...], left_out: tuple[str, ...]) -> None:
    counts: dict[str, int] = {}
    for item in objects:
        counts[item["type"]] = counts.get(item["type"], 0) + 1
    say(f"\n{file} describes {counted(len(objects), 'object')}:")
    for kind, count in counts.items():
        say(f"  {count:>4} {kind}")
    if left_out:
        say("Left out:")
        for what in left_out:
            say(f"       {what}")
    say(f"\nNext: {command_line('preview')}    shows what a change in that file would do")
    say(f"      {command_line('drift')}      shows what others change")
    say(
        f"      {command_line('audit')}      shows which security rules it breaks; `up` asks them in production"
    )
