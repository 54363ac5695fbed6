"""``provision adopt``: write the stack file of a realm that exists already."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from provision._lib.counts import counted
from provision._lib.errors import ProvisionError, UsageError
from provision._lib.hints import command_line, hint
from provision._lib.private_file import write_private
from provision.cli.main import Invocation, print_json
from provision.cli.output import say
from provision.cli.secret import asked_for
from provision.config.names import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from provision.cli.screen import Screen
    from provision.config.project import StackFile
    from provision.config.stack_config import StackConfig
    from provision.engine.operation import Engine
    from provision.provider.discovery import Discovery

_OPTIONS = "the options of adopt"
_OBJECTS = ("config", f"{NAMESPACE}:objects")
_HEAD = """\
# Realm {realm} as it was when it was taken over. What is not named here stays as it is, secrets and users too.
"""


@click.command("adopt")
@click.argument("realm", required=False)
@click.option("--url", help="Keycloak's base address.")
@click.option("--admin-client-id", default="provision-admin", show_default=True, help="The service account.")
@click.option("--auth-realm", default="master", show_default=True, help="The realm in which that is.")
@click.option("--ca-file", type=click.Path(dir_okay=False), help="A PEM bundle that https is verified with.")
@click.option(
    "--update",
    is_flag=True,
    help="Take what is new in the stack's realm into its file; needs no REALM and URL.",
)
@click.option(
    "--waive",
    is_flag=True,
    help="Let what breaks the security rules today pass, by waivers in the stack file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    realm: str | None,
    url: str | None,
    admin_client_id: str,
    auth_realm: str,
    ca_file: str | None,
    update: bool,
    waive: bool,
    as_json: bool,
) -> None:
    """Write the stack file of an existing realm, and manage it.

    The realm REALM is not changed. The command prompts for the service account's secret, or reads the secret from standard input.

    With --update, the file of a stack that is up gets an entry for each object of its realm that is not of the stack
    (`drift --all` names these objects), and nothing else in the file changes.
    """
    if update:
        _refuse_with_update()
        taken = _updated(invocation, realm, waive=waive)
    else:
        if not realm or not url:
            raise UsageError(
                "adopt needs the name of a realm, and Keycloak's base address as --url.",
                f"To take what is new into the file of stack {invocation.stack_name}: {hint('adopt', '--update')}.",
            )
        keycloak = {"url": url, "authRealm": auth_realm, "adminClientId": admin_client_id, "caFile": ca_file}
        taken = _adopted(invocation, realm, keycloak, waive=waive)
    if as_json:
        print_json(
            {
                "stack": invocation.stack_name,
                "file": str(taken.file),
                "objects": len(taken.found.objects),
                "left_out": taken.found.left_out,
                "failing": taken.failing,
                "waived": taken.waived,
            }
        )
    elif update:
        _say_update(taken)
    else:
        _say(taken)


@dataclass(frozen=True)
class _Taken:
    """What was taken over.

    Args:
        file: The stack file.
        found: The objects, and what is left out.
        failing: How many findings of the security rules stop the next `up` in production.
        waived: How many findings got a waiver.
    """

    file: Path
    found: Discovery
    failing: int = 0
    waived: int = 0


def _adopted(
    invocation: Invocation, realm: str, keycloak: Mapping[str, str | None], *, waive: bool
) -> _Taken:
    """Write the stack file of a realm, and take everything in it into the stack's state."""
    from provision.cli import baseline
    from provision.cli.screen import Screen
    from provision.config.project import Project
    from provision.config.yaml_file import dump
    from provision.keycloak.api.session import Session
    from provision.provider.discovery import discover

    project = Project.find(invocation.project_dir)
    file = project.folder / f"Pulumi.{invocation.stack_name}.yaml"
    if file.exists():
        raise UsageError(
            f"{file} is there already.",
            f"{hint('adopt', '--update')} takes what is new in its realm into it; another stack needs another name (-s).",
        )
    url = str(keycloak["url"])
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
                    f"There is no realm {realm!r} at {url}, or {keycloak['adminClientId']} may not see it.",
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
        seen = engine.preview(refresh=True, watcher=screen)
        if differing := seen.changes:
            raise ProvisionError(
                f"{file.name} is written, and {counted(len(differing), 'object differs', 'objects differ')} from it still.",
                f"See which: {hint('drift')}.",
            )
        return _Taken(file, found, *baseline.failing(engine.stack, seen.declared, waive=waive))


def _updated(invocation: Invocation, realm: str | None, *, waive: bool) -> _Taken:
    """Add an entry for each object of the realm that is not of the stack, and take these objects into the state."""
    from provision.cli import baseline
    from provision.cli.screen import Screen
    from provision.cli.stack_session import StackSession
    from provision.provider.discovery import discover
    from provision.provider.unmanaged import strange_to

    with Screen() as screen:
        engine = invocation.engine(screen)
        _refuse_shared(engine.stack)
        stack = StackSession.by(engine)
        if realm and realm != stack.realm:
            raise UsageError(
                f"The realm of stack {engine.stack.name} is {stack.realm}, and not {realm}.",
                "Leave the name out, or choose another stack (-s).",
            )
        with screen.step(f"Looking through realm {stack.realm}") as step:
            found = discover(stack.session, stack.realm, step, is_new=strange_to(engine.resources()))
        before = engine.preview()
        if before.changes:
            changes = counted(len(before.changes), "change is", "changes are")
            raise UsageError(
                f"{changes} not applied yet: {engine.stack.file.name} says otherwise than the last `up`.",
                f"{hint('preview')} shows them, {hint('up')} applies them; then take in what is new.",
            )
        declared = before.declared
        if found.objects:
            engine = _with_entries(invocation, screen, engine.stack.file, found.objects)
            declared = engine.up(watcher=screen).declared
        return _Taken(engine.stack.file, found, *baseline.failing(engine.stack, declared, waive=waive))


def _with_entries(
    invocation: Invocation, screen: Screen, file: Path, objects: Sequence[Mapping[str, Any]]
) -> Engine:
    """Return the engine of the stack whose file has the entries; the file stays as it was if they do not fit."""
    from provision._lib.private_file import rewrite
    from provision.config.yaml_insertion import insert

    before = file.read_bytes()
    insert(file, {_OBJECTS: objects})
    try:
        return invocation.engine(screen)
    except BaseException:
        rewrite(file, before)
        raise


def _refuse_with_update() -> None:
    """Refuse options about the connection, which the stack file has.

    Raises:
        UsageError: There is such an option.
    """
    context = click.get_current_context()
    for name in ("url", "admin_client_id", "auth_realm", "ca_file"):
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise UsageError(
                f"--{name.replace('_', '-')} does not go with --update: the stack file has the connection.",
                "Leave it out, or leave out --update to write the file of a new stack.",
            )


def _refuse_shared(stack: StackFile) -> None:
    """Refuse a stack whose file is that of other stacks too: the objects are in the realm of one of them.

    Raises:
        UsageError: The stack has no file of its own.
    """
    if stack.is_copy:
        raise UsageError(
            f"Stack {stack.name} shares {stack.file.name} with other stacks, whose realms lack these objects.",
            f"Copy it to Pulumi.{stack.name}.yaml first.",
        )


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


def _say(taken: _Taken) -> None:
    say(f"\n{taken.file} describes {counted(len(taken.found.objects), 'object')}:")
    _say_objects(taken.found)
    say(f"\nNext: {command_line('preview')}    shows what a change in that file would do")
    say(f"      {command_line('drift')}      shows what others change")
    say(
        f"      {command_line('audit')}      shows which security rules it breaks; `up` asks them in production"
    )
    _say_findings(taken)


def _say_update(taken: _Taken) -> None:
    if taken.found.objects:
        say(f"\n{counted(len(taken.found.objects), 'object')} added to {taken.file}:")
    else:
        say(f"{taken.file} stays: there is nothing new in the realm.")
    _say_objects(taken.found)
    _say_findings(taken)


def _say_objects(found: Discovery) -> None:
    for kind, count in Counter(str(item["type"]) for item in found.objects).items():
        say(f"  {count:>4} {kind}")
    if found.left_out:
        say("Left out:")
        for what in found.left_out:
            say(f"       {what}")


def _say_findings(taken: _Taken) -> None:
    from provision.rules.baseline import DAYS

    if taken.waived:
        waived = counted(
            taken.waived, "finding of the security rules is", "findings of the security rules are"
        )
        say(f"\n{waived} waived in {taken.file.name} for {DAYS} days; only what gets worse stops an `up`.")
    if taken.failing:
        failing = counted(
            taken.failing, "finding of the security rules stops", "findings of the security rules stop"
        )
        say(
            f"\n{failing} the next `up` in production: {hint('preview')} has the reasons, "
            f"{hint('adopt', '--update', '--waive')} lets them pass for {DAYS} days."
        )
