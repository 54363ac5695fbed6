"""A stack's own Keycloak as a process on this machine."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.private_file import write_private
from provision._lib.progress import Silent
from provision._lib.urls import of_port, port_of
from provision.runtimes.keycloak_data import Copied, KeycloakData
from provision.runtimes.process import database, launch, managed_process, ports, record
from provision.runtimes.process.managed_process import ProcessSettings
from provision.runtimes.process.preparation import lay_out_from_template, prepare, version_of
from provision.runtimes.process.readiness import Readiness, answers

if TYPE_CHECKING:
    from pathlib import Path

    from provision._lib.progress import Progress
    from provision.runtimes.process.preparation import Prepared
    from provision.runtimes.process.record import ManagedProcess

NAME = "Keycloak"
LOG = launch.LOG
SERVER = "server"  # the subfolder that Keycloak uses as its home
SCRIPT = "admin.sql"
FACTS = "provision.json"
DATABASE = "h2"  # the subfolder of Keycloak's data
_NEEDED = ("id", "url", "client", "user")
START_SECONDS = 240.0


@dataclass(frozen=True, kw_only=True)
class KeycloakSettings:
    """The settings of a stack's Keycloak.

    Args:
        home: Keycloak's folder in the stack, made with mode 0700: data, log, record of the process.
        port: The HTTP port on the loopback interface.
        admin_client_id: The client id of the admin service account.
        admin_client_secret: The admin service account's secret.
        java_options: Further options of the Java virtual machine.
        features: Keycloak features to build in, besides the default features.
    """

    home: Path
    port: int
    admin_client_id: str
    admin_client_secret: str = field(repr=False)
    java_options: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunningKeycloak:
    """A Keycloak that issues tokens.

    Args:
        pid: The process id.
        url: The base URL, ``http://localhost:PORT``.
        data_id: A random id of Keycloak's data; new data has a new id.
    """

    pid: int
    url: str
    data_id: str


def start(
    settings: KeycloakSettings, progress: Progress | None = None, *, former_secret: str | None = None
) -> RunningKeycloak:
    """Start Keycloak, unless a Keycloak with these settings runs already, and return it once it issues tokens.

    Args:
        settings: The settings of Keycloak.
        progress: The display of preparation and waiting.
        former_secret: The secret that the admin service account may still have; with it, a running Keycloak gets the
            new secret without a restart.

    Raises:
        ProvisionError: The port is taken, Keycloak died, its home can't be written, or there is no Java.
    """
    progress = progress or Silent()
    home = settings.home
    prepared = prepare(progress, settings.features)
    with managed_process.alone(home, NAME, progress):
        data = _Data(home / SERVER / "data")
        data.ensure_known()
        digest = record.keyed_digest(home, _what_needs_a_restart(settings, prepared))
        process = managed_process.running(home)
        fits = (
            process is not None and process.digest == digest and _has_account(settings, data, former_secret)
        )
        if process is None or not fits:
            from provision.runtimes.process import status

            status.make_way(home, settings.port)
            if process is not None:  # a port that is taken is seen before a running Keycloak is ended for it
                ports.ensure_free(settings.port, besides=record.process_of(process))
            managed_process.terminate(home)
            process = None
        if process is None or not (process.ready and data.facts().get("finished")):
            _bring_up(settings, prepared, digest, process, data)
        process = process or managed_process.running(home)
        if process is None:
            raise ProvisionError(f"{NAME} ended just after it had started.", f"Look into {home / LOG}.")
        facts = data.facts()
        return RunningKeycloak(process.pid, facts["url"], facts["id"])


def running(home: Path) -> RunningKeycloak | None:
    """Return the Keycloak that runs for a home folder, or None if there is none; make no network requests."""
    process = managed_process.running(home)
    if process is None or not process.ready:
        return None
    facts = _Data(home / SERVER / "data").facts()
    return RunningKeycloak(process.pid, facts["url"], facts["id"]) if facts else None


def version(home: Path) -> str | None:
    """Return the version of Keycloak that a home folder's data was last started with, or None before the first start.

    Args:
        home: Keycloak's folder in the stack.
    """
    programs = home / SERVER / "lib"
    return version_of(programs.readlink()) if programs.is_symlink() else None


def has_another_account(settings: KeycloakSettings) -> bool:
    """Return whether an interrupted run gave Keycloak another service account than these settings name."""
    return settings.home.is_dir() and not _is_known(settings, _Data(settings.home / SERVER / "data"))


def stop(home: Path, *, remove_data: bool) -> None:
    """Stop Keycloak if it runs.

    Args:
        home: Keycloak's folder in the stack.
        remove_data: Whether to remove the whole folder too: data, log, record.
    """
    if not home.is_dir():  # somebody removed it: its process may run on
        managed_process.terminate(home)
        return
    with managed_process.alone(home, NAME):
        managed_process.terminate(home)
        if remove_data:
            shutil.rmtree(home)


def take_data(home: Path) -> Copied:
    """Copy the database of a running Keycloak, which is stopped for the copy and started again by the same command.

    Args:
        home: Keycloak's folder in the stack.

    Raises:
        ProvisionError: Keycloak does not run, or does not end.
        OSError: The database file can't be read; Keycloak is started again all the same.
    """
    import psutil

    with managed_process.alone(home, NAME):
        facts, process = _Data(home / SERVER / "data").facts(), managed_process.running(home)
        if process is None or not process.ready or not facts.get("finished"):
            raise ProvisionError(f"{NAME} is not running.", f"Start it: {hint('up')}.")
        command = tuple(psutil.Process(process.pid).cmdline())
        what = ProcessSettings(name=NAME, home=home, command=command, log=LOG, asked=facts["url"])
        began = time.monotonic()
        try:
            managed_process.terminate(home)
            content = (home / SERVER / "data" / DATABASE / database.FILE).read_bytes()
        finally:
            fault = _started_again(what, process.digest, port_of(facts["url"]))
        return Copied(content, time.monotonic() - began, fault)


def _started_again(what: ProcessSettings, digest: str, port: int) -> ProvisionError | None:
    """Start Keycloak by the command of before; return why it does not come up, or None."""
    try:
        started = managed_process.launch(what, digest)
        managed_process.await_ready(what, started, lambda: answers(port), START_SECONDS)
    except ProvisionError as error:
        return error
    return None


def put_data(home: Path, data: KeycloakData) -> None:
    """Lay out the data of a Keycloak that has not started yet, from the data of another one.

    Args:
        home: Keycloak's folder in the stack.
        data: The data.
    """
    with managed_process.alone(home, NAME):
        place = _Data(home / SERVER / "data")
        file = place.folder / DATABASE / database.FILE
        file.parent.mkdir(parents=True)
        write_private(file, data.database, mode=0o600)
        # The digest of the account fits no account, so that the first start sets the secret of this stack.
        place.note(id=data.data_id, url="", client=data.client, user=data.user, account="", finished=True)


@dataclass(frozen=True)
class _Data:
    """The data of a stack's Keycloak, and the recorded facts about the data."""

    folder: Path

    def facts(self) -> dict[str, Any]:
        """Return the recorded facts, from their second place if the first is damaged; empty if there is no data."""
        if not self.folder.is_dir():
            return {}
        return next(filter(None, map(_facts_in, self._places())), {})

    def note(self, **facts: object) -> None:
        """Add facts to the record, which has two places: without the facts the data can't be used."""
        known = {**self.facts(), **facts}
        for place in reversed(self._places()):
            write_private(place, json.dumps(known), mode=0o600)

    def ensure_known(self) -> None:
        """Refuse data whose facts are lost in both places; the data may be worth something.

        Raises:
            ProvisionError: The facts are lost.
        """
        if (self.folder / DATABASE).exists() and not self.facts():
            raise ProvisionError(
                f"{self.folder / FACTS}, the record of Keycloak's data, is missing or damaged.",
                f"Put the file back; or begin with new data: {hint('down')}, then {hint('up')}. "
                "Clients and users that were added are lost then.",
            )

    def _places(self) -> tuple[Path, Path]:
        return self.folder / FACTS, self.folder.parent / FACTS


def _facts_in(file: Path) -> dict[str, Any]:
    """Return the facts in a file, or nothing if the file is missing or damaged."""
    try:
        facts = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    is_whole = isinstance(facts, dict) and all(isinstance(facts.get(name), str) for name in _NEEDED)
    return facts if is_whole else {}


def _what_needs_a_restart(settings: KeycloakSettings, prepared: Prepared) -> list[object]:
    return [prepared.version, settings.port, sorted(settings.features), settings.java_options]


def _account(settings: KeycloakSettings) -> str:
    """Return a keyed digest of the admin service account, as the record of Keycloak's data keeps it."""
    return record.keyed_digest(settings.home, [settings.admin_client_id, settings.admin_client_secret])


def _is_known(settings: KeycloakSettings, data: _Data) -> bool:
    facts = data.facts()
    return not facts.get("finished") or facts.get("account") == _account(settings)


def _has_account(settings: KeycloakSettings, data: _Data, former_secret: str | None) -> bool:
    """Return whether the running Keycloak has the admin service account, or got its new secret just now.

    A Keycloak that is still starting gets the account at its start.
    """
    if _is_known(settings, data):
        return True
    if former_secret is None:
        return False
    from provision.keycloak import service_account
    from provision.keycloak.connection import Connection

    former = Connection(
        url=of_port(settings.port), client_id=settings.admin_client_id, client_secret=former_secret
    )
    try:
        service_account.change_secret(former, settings.admin_client_secret)
    except ProvisionError:
        return False  # a start sets any account, whatever Keycloak has now
    data.note(account=_account(settings))
    return True


def _bring_up(
    settings: KeycloakSettings, prepared: Prepared, digest: str, process: ManagedProcess | None, data: _Data
) -> None:
    """Start Keycloak's process, or take over a start that was interrupted, and wait until Keycloak issues a token."""
    home = settings.home
    account = _account(settings)
    command: tuple[str, ...] = ()
    if process is None:
        ports.ensure_free(settings.port)
        script = _lay_out(settings, prepared, data, account)
        command = prepared.command(home / SERVER, settings.port, jvm=settings.java_options)
        command += (launch.database(script),)
    asked = f"{of_port(settings.port)}, asked for a token of {settings.admin_client_id},"
    what = ProcessSettings(name=NAME, home=home, command=command, log=LOG, asked=asked)
    process = process or managed_process.launch(what, digest)
    ready = Readiness(home / LOG, settings.port, settings.admin_client_id, settings.admin_client_secret)
    try:
        managed_process.await_ready(what, process, ready, START_SECONDS)
    except BaseException:
        (home / SCRIPT).unlink(missing_ok=True)
        raise
    data.note(finished=True, account=account)
    if (home / SCRIPT).exists():
        # The script is emptied but not removed: the database runs the script for every new connection of this process.
        write_private(home / SCRIPT, "", mode=0o600)


def _lay_out(settings: KeycloakSettings, prepared: Prepared, data: _Data, account: str) -> Path | None:
    """Make or refresh the Keycloak home; return the script that the database must run first, or None if there is none."""
    script = settings.home / SCRIPT
    url = of_port(settings.port)
    facts = data.facts()
    if not facts.get("finished"):  # no data yet, or data of an interrupted first start: nothing of value
        shutil.rmtree(data.folder, ignore_errors=True)
        template = prepared.template
        data.folder.mkdir(parents=True)
        data.note(id=os.urandom(8).hex(), url=url, client=template.client, user=template.user, finished=False)
        lay_out_from_template(prepared, data.folder.parent)
        sql = database.own_values(template, settings.admin_client_id, settings.admin_client_secret)
    else:
        launch.lay_out(data.folder.parent, prepared.keycloak)
        data.note(url=url)
        if facts.get("account") == account:
            return None
        sql = database.admin_account(
            facts["client"], facts["user"], settings.admin_client_id, settings.admin_client_secret
        )
    write_private(script, sql, mode=0o600)
    return script
