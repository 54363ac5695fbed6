"""``provision restore``: bring a stack back from a backup, on this machine or from another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision._lib import user_file
from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision.cli import consent
from provision.cli.backup_keys import asked_passphrase, passphrase_in, text_in
from provision.cli.main import Invocation, print_json

if TYPE_CHECKING:
    from provision.cli.screen import Screen
    from provision.engine.backup import Restore
    from provision.engine.backup_file import Backup
    from provision.runtimes.protocol import Runtime

_OPEN_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command("restore")
@click.argument("file", type=_OPEN_FILE)
@click.option("--identity", type=_OPEN_FILE, help="The file with the private key of age that opens FILE.")
@click.option(
    "--passphrase-file",
    type=_OPEN_FILE,
    help="The file with the passphrase, instead of one that is asked for.",
)
@click.option("--replace", is_flag=True, help="Remove the stack that is here first, with all its data.")
@click.option("--yes", is_flag=True, help="Do not ask (with --replace).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    file: Path,
    identity: Path | None,
    passphrase_file: Path | None,
    replace: bool,
    yes: bool,
    as_json: bool,
    show_secrets: bool,
) -> None:
    """Start a stack as it was when `backup` wrote FILE.

    The stack file that is here counts; if there is none, it comes from FILE. A restore that was cut off is repeated with
    the same command.
    """
    from provision.cli.down import destroy
    from provision.cli.screen import Screen
    from provision.cli.up import bring_up, refuse_in_production, say_what_next
    from provision.engine.backup import Restore

    backup = _opened(file, identity, passphrase_file)
    with Screen() as screen:
        _provide_files(invocation, backup, screen)
        engine = invocation.engine(screen)
        restore = Restore(engine, backup)
        if not restore.is_in_place:
            runtime = _chosen(restore)
            if restore.would_replace:
                _refuse_unasked(engine.stack.name, replace=replace, yes=yes)
            restore.refuse_taken_ports(runtime)
            runtime.prepare(engine.live(), engine.stack.config(), screen)
            if restore.would_replace:
                restore.note_removal()
                destroy(engine, screen)
            _place(restore, runtime, screen)
        refuse_in_production(engine, screen, as_json=as_json)
        outputs = bring_up(engine, screen).outputs
    if as_json:
        shown = outputs.published(show_secrets=show_secrets) if outputs else {}
        print_json({**shown, "backup": backup.manifest.published()})
    elif outputs is not None:
        say_what_next(engine.stack, outputs)


def _opened(file: Path, identity: Path | None, passphrase_file: Path | None) -> Backup:
    """Return the content of the file, decrypted and checked; nothing is changed yet."""
    from provision.engine.backup_content import refuse_unfit
    from provision.engine.backup_file import LARGEST, Backup, Keys, opens_by_passphrase

    try:
        content = user_file.content(file, LARGEST)
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}.", "Name the file of a backup.") from None
    if not opens_by_passphrase(content):
        if identity is None:
            raise UsageError("The backup is encrypted for a key of age.", "Name its file: --identity FILE.")
        keys = Keys(identities=text_in(identity))
    elif identity is not None:
        raise UsageError("The backup is encrypted with a passphrase.", "Leave out --identity.")
    else:
        keys = Keys(
            passphrase=passphrase_in(passphrase_file) if passphrase_file else asked_passphrase(twice=False)
        )
    backup = Backup.unpacked(keys.opened(content))
    refuse_unfit(backup)
    return backup


def _provide_files(invocation: Invocation, backup: Backup, screen: Screen) -> None:
    """Write the project file and the stack file where there are none."""
    from provision.config.project import Project
    from provision.engine.backup import refuse_misfit, write_files

    manifest, name = backup.manifest, invocation.stack_name
    try:
        project = Project.find(invocation.project_dir)
    except UsageError:
        folder = invocation.project_dir or Path.cwd()
        if (folder / "Pulumi.yaml").exists():
            raise
        refuse_misfit(manifest, manifest.project, name)
        written = write_files(folder, name, backup)
    else:
        refuse_misfit(manifest, project.name, name)
        try:
            _ = project.stack(name).file
            written = ()
        except UsageError:
            written = write_files(project.folder, name, backup)
    for file in written:
        screen.line(("  + ", "green"), f"{file}", ("  from the backup", "dim"))


def _chosen(restore: Restore) -> Runtime:
    """Return the runtime that the stack file names; if it leaves the choice open, the runtime of the backup."""
    from provision.config import runtimes
    from provision.runtimes import registry

    stack = restore.engine.stack
    config = stack.config()
    name = restore.backup.manifest.runtime if config.runtime == runtimes.AUTO else config.runtime
    runtime = registry.runtime(name)
    runtime.refuse_backup()
    for misfit in runtimes.misfits(config, name):
        raise UsageError(f"The stack file does not fit `runtime: {name}`: {misfit}.", f"Change {stack.file}.")
    if (missing := runtime.missing()) is not None:
        raise missing
    return runtime


def _refuse_unasked(name: str, *, replace: bool, yes: bool) -> None:
    """Refuse to remove the stack that is here, unless the user wants that."""
    if not replace:
        raise UsageError(
            f"Stack {name} is here already, with data of its own.",
            f"Save it first: {hint('backup', 'FILE')}. Then --replace removes it and restores the backup.",
        )
    if not yes:
        consent.ask(
            f"Remove stack {name} with all its users, clients and logins?",
            what=f"--replace removes stack {name} with all its data.",
            do="Say --yes to do so.",
        )


def _place(restore: Restore, runtime: Runtime, screen: Screen) -> None:
    from provision.engine.pulumi_process import work_breaks_off

    with work_breaks_off():
        anew = restore.place(runtime, screen)
    if anew:
        file = restore.engine.stack.file
        screen.line(f"  · {file}: encrypted values are encrypted with the passphrase of this machine now")
