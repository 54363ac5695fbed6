"""``provision backup``: save a stack with its users, clients, keys and logins in one encrypted file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision._lib.errors import ProvisionError, UsageError
from provision._lib.hints import command_line, hint
from provision.cli import consent
from provision.cli.backup_keys import asked_passphrase, passphrase_in
from provision.cli.main import Invocation, print_json
from provision.cli.output import say
from provision.config.profile import is_production

if TYPE_CHECKING:
    from provision.engine.backup_file import Keys

_SHORTEST = 12


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    metavar="age1…",
    help="Encrypt for the public key of age; may be given several times.",
)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Encrypt with the passphrase in the file, instead of one that is asked for.",
)
@click.option("--force", is_flag=True, help="Replace FILE.")
@click.option("--yes", is_flag=True, help="Do not ask (production stacks).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    file: Path,
    recipients: tuple[str, ...],
    passphrase_file: Path | None,
    force: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Save users, clients, keys and logins in an encrypted file.

    FILE holds Keycloak's data, the state and the stack file. Keycloak is stopped for some seconds. `provision restore FILE` brings the stack back, here or on another machine. The
    format of the encryption is that of the program `age`.
    """
    from provision.cli.screen import Screen
    from provision.engine import backup, backup_file
    from provision.engine.pulumi_process import work_breaks_off

    if file.exists() and not force:
        raise backup_file.exists(file)
    if not file.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {file.absolute().parent}.", "Make it, or name another one.")
    engine = invocation.engine()
    engine.runtime.refuse_backup()
    engine.outputs_when_up()  # told before anybody is asked for a passphrase
    if is_production(engine.stack.config().profile) and not yes:
        consent.ask(
            f"Stop Keycloak of stack {engine.stack.name} for some seconds?",
            what=f"{engine.stack.name} is a production stack, and Keycloak is stopped for some seconds.",
            do="Say --yes to do so.",
        )
    keys = _keys(recipients, passphrase_file)
    keys.sealed(b"")  # a wrong recipient is refused before Keycloak is stopped
    with Screen() as screen, work_breaks_off():
        taken = backup.take(engine, screen)
        with screen.step("Encrypting"):
            backup_file.write(file, keys.sealed(taken.backup.packed()), replace=force)
        if (fault := taken.copied.fault) is not None:
            raise ProvisionError(
                f"The backup is whole ({file}), but Keycloak did not come back: {fault.what}",
                f"Start it: {hint('up')}.",
            )
        screen.line(f"  · Keycloak was away for {taken.copied.seconds:.1f} s")
    if as_json:
        print_json(
            {
                "file": str(file.absolute()),
                "bytes": file.stat().st_size,
                "seconds_away": round(taken.copied.seconds, 1),
                **taken.backup.manifest.published(),
            }
        )
        return
    say(f"Backup         {file}, {file.stat().st_size / 1_000_000:.1f} MB")
    say(f"\nNext: {command_line('restore', str(file))}    brings the stack back, here or elsewhere")


def _keys(recipients: tuple[str, ...], passphrase_file: Path | None) -> Keys:
    from provision.engine.backup_file import Keys

    if recipients and passphrase_file:
        raise UsageError(
            "The age format takes recipients or a passphrase, not both.", "Leave one of the two out."
        )
    if recipients:
        return Keys(recipients=recipients)
    given = passphrase_in(passphrase_file) if passphrase_file else asked_passphrase(twice=True)
    if len(given) < _SHORTEST:
        raise UsageError(
            f"The passphrase is too short: it has {len(given)} characters.",
            f"Use {_SHORTEST} or more: whoever has the file may try as many as they like.",
        )
    return Keys(passphrase=given)
