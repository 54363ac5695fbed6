"""Backups: the content of one is taken from a stack that is up, and put in the place of a stack that is not.

A restore does not bring back what runs. It brings back what can't be made anew: Keycloak's data, the recorded objects,
the generated secrets and the ports. The ``up`` that follows makes the rest.
"""

from __future__ import annotations

import json
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.private_file import write_private
from provision._lib.urls import port_of
from provision.config.secret_source import ENCRYPTED
from provision.config.stack_config import KEYCLOAK
from provision.config.yaml_file import dump, load
from provision.engine.backend import ENCRYPTION
from provision.engine.backup_content import foreign_kinds, refuse_unfit_files, refuse_unfit_ports
from provision.engine.backup_file import (
    DATABASE,
    PROJECT_FILE,
    SECRETS,
    STACK_FILE,
    STATE,
    Backup,
    BackupError,
    Manifest,
)
from provision.engine.operation import readable
from provision.engine.pulumi_process import CommandFailedError, PulumiCli
from provision.keycloak.data_facts import DataFacts
from provision.keycloak.version import VERSION
from provision.provider import journal
from provision.runtimes import restore_record, runtime_record
from provision.runtimes.keycloak_data import ADMIN_MARK, KeycloakData
from provision.runtimes.restore_record import RestoreRecord, Stage
from provision.runtimes.runtime_record import RuntimeRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from provision._lib.progress import Progress
    from provision.engine.operation import Engine
    from provision.runtimes.keycloak_data import Copied
    from provision.runtimes.protocol import Runtime
    from provision.stack.outputs import StackOutputs

_DOES_NOT_OPEN = "incorrect passphrase"
_REALM = "provision:keycloak:Realm"
_DATA_ID = "instance"
"""The input of a realm that names the Keycloak data that the realm is in."""


@dataclass(frozen=True)
class Taken:
    """A backup that was made.

    Args:
        backup: The content.
        copied: The copy of Keycloak's data in it, and whether Keycloak is back.
    """

    backup: Backup
    copied: Copied


def take(engine: Engine, progress: Progress) -> Taken:
    """Return the content of a backup of a stack that is up.

    Args:
        engine: The stack's engine.
        progress: The display of the steps.

    Raises:
        NotUpError: The stack is not up.
        ProvisionError: The last operation did not end, or a part can't be read.
    """
    stack, backend = engine.stack, engine.backend
    outputs = engine.outputs_when_up()
    _refuse_without_keycloak(engine)
    with backend.exclusively():
        backend.prepare()
        with progress.step("Reading the state and the stack file"):
            deployment = engine.deployment()
            resources = deployment.get("resources") or ()
            _refuse_unfinished(engine, deployment)
            _refuse_foreign_kinds(item for item in resources if _is_kept(item, engine.runtime))
            facts = DataFacts.of(engine.connection(outputs), ADMIN_MARK)
            parts = {
                STATE: _state(resources, engine.runtime, facts.data_id),
                SECRETS: json.dumps(_encrypted_values(engine)).encode(),
                PROJECT_FILE: (stack.project.folder / "Pulumi.yaml").read_bytes(),
                STACK_FILE: stack.file.read_bytes(),
            }
        copied = engine.runtime.take_data(engine.live(), progress)
    manifest = Manifest(
        provision=version("mcp-provision"),
        keycloak=facts.version,
        project=stack.project.name,
        stack=stack.name,
        runtime=engine.runtime.name,
        made=datetime.now(UTC).replace(microsecond=0),
        data_id=facts.data_id,
        client=facts.client,
        user=facts.user,
        ports=_ports(engine, outputs),
    )
    return Taken(Backup(manifest, {**parts, DATABASE: copied.database}), copied)


def _refuse_without_keycloak(engine: Engine) -> None:
    for process in engine.runtime.processes(engine.live()):
        if process.name == KEYCLOAK and not (process.pid and process.works):
            raise ProvisionError("Keycloak is not running.", f"Start it: {hint('up')}.")


def _refuse_unfinished(engine: Engine, deployment: Mapping[str, Any]) -> None:
    """Refuse a stack whose state is not whole, since an operation was cut off."""
    backend = engine.backend
    backend.refuse_half_rotated()
    is_unfinished = (
        bool(deployment.get("pending_operations"))
        or backend.is_locked
        or backend.refresh_note.exists()
        or _has_unrecorded(engine, deployment.get("resources") or ())
    )
    if is_unfinished:
        raise ProvisionError(
            f"The last operation on stack {engine.stack.name} did not end, so its state is not whole.",
            f"Finish it first: {hint('up')}.",
        )


def _refuse_foreign_kinds(resources: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a stack of a program that also uses other providers: a restore would refuse what they made."""
    for kind in foreign_kinds(resources):
        raise ProvisionError(
            f"The stack has resources of another provider ({kind}), which a backup can't bring back.",
            "Keep them in a stack of their own.",
        )


def _has_unrecorded(engine: Engine, resources: Collection[Mapping[str, Any]]) -> bool:
    """Return whether an operation that was cut off made objects that the state does not have."""
    recorded = journal.recorded(resources)
    return any(journal.keys(file) - recorded for file in engine.backend.journals())


def _ports(engine: Engine, outputs: StackOutputs) -> dict[str, int]:
    here = {server.name for server in engine.stack.config().mcp_servers if server.url is None}
    servers = {server.name: port_of(server.url) for server in outputs.servers if server.name in here}
    return {KEYCLOAK: port_of(outputs.keycloak_url), **servers}


def _state(resources: Collection[dict[str, Any]], runtime: Runtime, data_id: str) -> bytes:
    """Return the resources that are not the runtime's own, as JSON, without references to the runtime's own.

    A runtime may name the data as it likes; in a backup it has the name that Keycloak itself tells.
    """
    kept = [item for item in resources if _is_kept(item, runtime)]
    names = {item["urn"] for item in kept}
    return json.dumps([_renamed(_without_others(item, names), data_id) for item in kept]).encode()


def _renamed(item: dict[str, Any], data_id: str) -> dict[str, Any]:
    """Return a resource; a realm names the Keycloak data that it is in by another id."""
    if item["type"] != _REALM:
        return item
    parts = {
        part: {**item[part], _DATA_ID: data_id}
        for part in ("inputs", "outputs")
        if (item.get(part) or {}).get(_DATA_ID)
    }
    return item | parts


def _is_kept(item: Mapping[str, Any], runtime: Runtime) -> bool:
    kind: str = item["type"]
    own = (runtime_record.RESOURCE_TYPE, f"provision:{runtime.name}:", *runtime.resource_types)
    return not kind.startswith(own) and not item.get("delete")


def _without_others(item: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    made = {key: value for key, value in item.items() if key != "deletedWith" or value in names}
    if "dependencies" in made:
        made["dependencies"] = [urn for urn in made["dependencies"] if urn in names]
    if "propertyDependencies" in made:
        made["propertyDependencies"] = {
            key: [urn for urn in urns or () if urn in names]
            for key, urns in made["propertyDependencies"].items()
        }
    return made


def _encrypted_values(engine: Engine) -> list[dict[str, Any]]:
    """Return the values that are encrypted in the stack file, in clear, each with its path."""
    written = engine.stack.document().get("config") or {}
    if not any(True for _ in _sealed(written)):
        return []
    with readable():
        text = engine.cli.run("config", "--show-secrets", "--json", "--stack", engine.stack.name)
    shown = json.loads(text)
    clear = {key: item.get("objectValue", item.get("value")) for key, item in shown.items()}
    return [{"path": list(path), "value": _at(clear, path)} for path, _ in _sealed(written)]


def _sealed(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the path and the encrypted text of each value that is encrypted in a stack file's ``config``."""
    if isinstance(value, dict) and set(value) == {ENCRYPTED}:
        yield path, str(value[ENCRYPTED])
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _sealed(item, (*path, key))


def _at(value: Any, path: tuple[str | int, ...]) -> str:
    for step in path:
        value = value[step]
    return str(value)


@dataclass(frozen=True)
class Restore:
    """The restore of a backup into a stack of this machine.

    Args:
        engine: The stack's engine.
        backup: The backup.
    """

    engine: Engine
    backup: Backup = field(repr=False)

    @property
    def is_begun(self) -> bool:
        """True if an earlier restore of this very backup was cut off after it had removed the former stack."""
        return self._stage in {Stage.PLACING, Stage.IN_PLACE}

    @property
    def is_in_place(self) -> bool:
        """True if an earlier restore of this backup put everything in place, and only ``up`` is left to do."""
        return self._stage is Stage.IN_PLACE

    @property
    def _stage(self) -> Stage | None:
        """The stage of an earlier restore of this very backup, or None if there was none."""
        found = restore_record.read(self.engine.stack.home)
        return None if found is None or found.backup != self.backup.digest else found.stage

    def _reach(self, stage: Stage) -> None:
        record = RestoreRecord(self.backup.digest, self.backup.manifest.ports, stage)
        restore_record.write(self.engine.stack.home, record)

    @property
    def would_replace(self) -> bool:
        """True if there is a stack here that the restore would replace."""
        home = self.engine.stack.home
        is_used = home.is_dir() and any(home.iterdir())
        return not self.is_begun and (is_used or bool(self.engine.resources()))

    def refuse_taken_ports(self, runtime: Runtime) -> None:
        """Refuse ports of the backup that no stack has, or that somebody else holds; a stack that is here holds its own.

        Args:
            runtime: The runtime that the stack will run in.

        Raises:
            ProvisionError: A port is taken.
        """
        config, ports = self.engine.stack.config(), self.backup.manifest.ports
        refuse_unfit_ports(config, ports)
        runtime.check(self.engine.live(), config.keeping(ports))

    def note_removal(self) -> None:
        """Record that the stack which is here is removed for the backup: until the end, no ``up`` takes it for a new one."""
        has_placed = restore_record.has_placed(self.engine.stack.home)
        self._reach(Stage.PLACING if has_placed else Stage.REMOVING)

    def place(self, runtime: Runtime, progress: Progress) -> bool:
        """Put data, state and secrets in place; nothing of the stack may exist but an earlier try of the same restore.

        Args:
            runtime: The runtime that the stack will run in.
            progress: The display of the steps.

        Returns:
            Whether values in the stack file were encrypted anew.

        Raises:
            ProvisionError: A part can't be written.
        """
        stack, backend = self.engine.stack, self.engine.backend
        encryption = backend.encryption()
        self._reach(Stage.PLACING)
        self.engine.remove()
        with backend.exclusively():
            # What the runtime lays out outside of the stack's folder bears the stack's mark, so that `down` finds it.
            runtime_record.write(stack.home, RuntimeRecord(runtime.name, secrets.token_hex(8)))
            with progress.step("Laying out Keycloak's data"):
                runtime.put_data(self.engine.live(), self._data())
            with progress.step("Writing the state"):
                anew = self._write_state(encryption)
            self._reach(Stage.IN_PLACE)
        return anew

    def _write_state(self, encryption: Mapping[str, str]) -> bool:
        """Write the state, encrypted for this machine, and encrypt the values in the stack file that do not open here."""
        backend = self.engine.backend
        backend.prepare()
        scratch = self.engine.stack.home / "restore"
        scratch.mkdir(mode=0o700)
        try:
            pulumi = _Scratch(
                PulumiCli(self.engine.pulumi, scratch, backend.engine_environment()), self.engine
            )
            opens = pulumi.begin(encryption)
            pulumi.import_state(json.loads(self.backup.parts[STATE]))
            return not opens and self._encrypt_anew(pulumi)
        finally:
            shutil.rmtree(scratch)

    def _data(self) -> KeycloakData:
        manifest = self.backup.manifest
        return KeycloakData(self.backup.parts[DATABASE], manifest.data_id, manifest.client, manifest.user)

    def _encrypt_anew(self, pulumi: _Scratch) -> bool:
        """Encrypt the values in the stack file with the passphrase of this machine; return whether there are any."""
        file = self.engine.stack.file
        text = file.read_text(encoding="utf-8")
        clear = {tuple(item["path"]): item["value"] for item in json.loads(self.backup.parts[SECRETS])}
        for path, sealed in _sealed(load(file).get("config") or {}):
            if path not in clear:
                name = ".".join(map(str, path))
                raise ProvisionError(
                    f"{file}: {name} is encrypted with another passphrase, and the backup does not have it.",
                    "Remove it from the file, restore again, then set it again.",
                )
            text = text.replace(sealed, pulumi.encrypted(clear[path]))
        document = load(file)
        fresh = pulumi.settings()
        for key in ENCRYPTION:
            if key in document and key in fresh:
                text = text.replace(str(document[key]), str(fresh[key]))
        if text == file.read_text(encoding="utf-8"):
            return False
        write_private(file, text, mode=file.stat().st_mode & 0o777)
        return True


def refuse_misfit(manifest: Manifest, project: str, stack: str) -> None:
    """Refuse a backup of another project or stack, or of a newer Keycloak.

    Args:
        manifest: The facts about the backup.
        project: The name of the project here.
        stack: The name of the stack here.

    Raises:
        BackupError: The backup does not fit.
    """
    if (manifest.project, manifest.stack) != (project, stack):
        raise BackupError(
            f"The backup is of stack {manifest.stack} of project {manifest.project}, and this is stack {stack} of project "
            f"{project}.",
            f"Restore it in a project of that name: {hint('restore', 'FILE', stack=manifest.stack)}.",
        )
    refuse_newer_keycloak(manifest.keycloak)


def refuse_newer_keycloak(made_with: str) -> None:
    """Refuse the data of a Keycloak that is newer than this one: Keycloak migrates a database forwards only.

    Args:
        made_with: The version of Keycloak that wrote the data.

    Raises:
        BackupError: The version is newer, or no version.
    """
    try:
        is_newer = _numbers(made_with) > _numbers(VERSION)
    except ValueError:
        raise BackupError("The backup is damaged: it does not name a version of Keycloak.") from None
    if is_newer:
        raise BackupError(
            f"The backup is of Keycloak {made_with}, which is newer than the Keycloak {VERSION} of this toolkit.",
            "Update mcp-provision, then restore again.",
        )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.partition("-")[0].split("."))


@dataclass(frozen=True)
class _Scratch:
    """A folder with a stack file of its own, in which Pulumi makes the stack and encrypts values.

    Args:
        cli: The Pulumi CLI in that folder.
        engine: The stack's engine.
    """

    cli: PulumiCli
    engine: Engine

    @property
    def _file(self) -> Path:
        return self.cli.folder / f"Pulumi.{self.engine.stack.name}.yaml"

    def settings(self) -> dict[str, Any]:
        """Return the content of the stack file."""
        return load(self._file)

    def begin(self, encryption: Mapping[str, str]) -> bool:
        """Make the stack's record; return whether the encryption of the stack file opens on this machine.

        Args:
            encryption: The settings of the encryption in the stack file.
        """
        name = self.engine.stack.name
        (self.cli.folder / "Pulumi.yaml").write_text(
            dump({"name": self.engine.stack.project.name, "runtime": "yaml"}), encoding="utf-8"
        )
        self._file.write_text(dump(dict(encryption)), encoding="utf-8")
        with readable():
            try:
                self.cli.run("stack", "init", name)
            except CommandFailedError as error:
                if _DOES_NOT_OPEN not in str(error):
                    raise
            else:
                return bool(encryption)
            self._file.unlink()
            self.cli.run("stack", "init", name)
        return False

    def import_state(self, resources: list[dict[str, Any]]) -> None:
        """Write the state, secrets encrypted.

        Args:
            resources: The resources, secrets in clear.
        """
        stack = ("--stack", self.engine.stack.name)
        with readable():
            document = json.loads(self.cli.run("stack", "export", *stack))
            document["deployment"]["resources"] = resources
            self.cli.run("stack", "import", *stack, text=json.dumps(document))

    def encrypted(self, value: str) -> str:
        """Return a value as it stands encrypted in a stack file."""
        with readable():
            self.cli.run("config", "set", "--secret", "value", "--stack", self.engine.stack.name, text=value)
        (found,) = (text for _, text in _sealed(self.settings()["config"]))
        return found


def write_files(folder: Path, stack: str, backup: Backup) -> tuple[Path, ...]:
    """Write the project file and the stack file of a backup where there are none; return the files that were written.

    Args:
        folder: The project's folder, which is made if it does not exist.
        stack: The stack's name.
        backup: The backup.

    Raises:
        BackupError: The files are wrong, or of another project.
    """
    written = []
    files = {"Pulumi.yaml": backup.parts[PROJECT_FILE], f"Pulumi.{stack}.yaml": backup.parts[STACK_FILE]}
    refuse_unfit_files(backup, files)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        with suppress(FileExistsError), (folder / name).open("xb") as file:
            file.write(content)
            written.append(folder / name)
    return tuple(written)
