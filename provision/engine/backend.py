"""The backend where Pulumi keeps a project's state, and the folder from which the engine runs.

The engine never runs in the project's own folder: Pulumi writes an encryption salt into the stack file there, which
would make every clone dirty. It runs in a copy beside the state instead, made anew at every operation.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from provision._lib.data_folder import user_data_dir
from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.private_file import make_private_folder, write_private
from provision.config import project_place
from provision.config.yaml_file import dump, load
from provision.engine import passphrase
from provision.engine.orphan import EngineLock
from provision.engine.state_file import StateFile
from provision.provider import journal
from provision.runtimes import runtime_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from provision.config.project import StackFile

_SALT = "encryptionsalt"
ENCRYPTION = (_SALT, "secretsprovider", "encryptedkey")
"""The keys of a stack file by which Pulumi encrypts its secrets."""
_BUSY_SECONDS = 0.1
_KEPT_LOGS = 10


@dataclass(frozen=True)
class Backend:
    """A stack's place in Pulumi's backend.

    Args:
        stack: The stack.
    """

    stack: StackFile

    @property
    def url(self) -> str:
        """The backend's URL: the one set in the environment, or a folder of this project."""
        return os.environ.get("PULUMI_BACKEND_URL") or self._own_url

    @property
    def work_dir(self) -> Path:
        """The folder from which the engine runs."""
        return self.stack.project.home / "work" / self.stack.name

    @property
    def state(self) -> StateFile | None:
        """The files of the stack's state, or None if the backend is not our own folder."""
        if self.url != self._own_url:
            return None
        return StateFile(self._state, self.stack.project.name, self.stack.name)

    @property
    def record(self) -> Path | None:
        """The stack's state file, or None if the backend is not our own folder."""
        return None if self.state is None else self.state.path

    def checkpoint(self) -> dict[str, Any] | None:
        """Return the stack's last checkpoint, secrets encrypted; None if the stack has none in our own folder.

        Raises:
            DamagedStateError: The state file is damaged or lost.
        """
        if self.state is None:
            return None
        return self.state.checkpoint(is_up=runtime_record.exists(self.stack.home))

    def settle(self, checkpoint: Mapping[str, Any]) -> None:
        """Remove the engine's notes of operations whose end the provider's journal knows, unless an engine is at work.

        Args:
            checkpoint: The stack's last checkpoint.

        Raises:
            ProvisionError: The data folder can't be written.
        """
        if self.state is not None and not self.is_locked:
            with _writable():
                self.state.drop_pending(checkpoint)

    def mend_record(self, checkpoint: Mapping[str, Any]) -> bool:
        """Write the record of the stack's runtime anew if it is lost or broken; return whether it was.

        Args:
            checkpoint: The stack's last checkpoint.

        Raises:
            ProvisionError: The data folder can't be written.
        """
        with _writable():
            return runtime_record.mend(
                self.stack.home, (checkpoint.get("latest") or {}).get("resources") or ()
            )

    def has_no_stack(self) -> bool:
        """Return whether the stack surely does not exist; False for a backend other than our own folder.

        Raises:
            DamagedStateError: The state file is damaged or lost.
        """
        return self.state is not None and self.checkpoint() is None

    def resources(self) -> list[dict[str, Any]] | None:
        """Return the stack's recorded resources, secrets encrypted; None if the record is not in our own folder.

        Raises:
            DamagedStateError: The state file is damaged or lost.
        """
        if self.state is None:
            return None
        return list(((self.checkpoint() or {}).get("latest") or {}).get("resources") or ())

    @property
    def is_locked(self) -> bool:
        """True if another process's engine is working on the stack; False for a backend other than our own folder."""
        return self.state is not None and bool(self.state.locks())

    @property
    def is_busy(self) -> bool:
        """True if another command is working on the stack, from the check of its files to its last step."""
        if not self._lock_file.is_file():
            return False
        try:
            with FileLock(self._lock_file, timeout=0):
                return False
        except Timeout:
            return True

    @property
    def _own_url(self) -> str:
        return f"file://{self._state}"

    @property
    def _state(self) -> Path:
        return self.stack.project.home / "state"

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point any ``pulumi`` command at the same state."""
        variables = {"PULUMI_BACKEND_URL": self.url, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
            variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase.file())
        return variables

    def engine_environment(self) -> dict[str, str]:
        """Return the environment variables of our own engine, which keeps its notes and logs beside the state.

        The user's own home of Pulumi stays in use with a backend or a home of the user's own: a login is kept there.
        """
        variables = self.environment()
        if self.state is not None and "PULUMI_HOME" not in os.environ:
            variables["PULUMI_HOME"] = str(self._engine_home)
        return variables

    def make_state_folder(self) -> None:
        """Create our own backend folder, without which Pulumi fails; another backend is left to its owner.

        Raises:
            ProvisionError: The folder can't be written.
        """
        with _writable():
            make_private_folder(self._state)
            self.stack.project.note_place()

    def mend_modes(self) -> Iterator[str]:
        """Close our folders and the passphrase to other users, and yield a line for each that was open.

        Raises:
            ProvisionError: A mode can't be changed.
        """
        data = user_data_dir()
        own = (data / "locks", data / "journals")
        folders = [*own, self.stack.project.home, self._state, self.stack.home]
        if data.is_dir() and set(data.iterdir()) <= {*own, passphrase.place(), *project_place.homes()}:
            folders.append(data)  # a folder with other things of the user's is not ours to close
        with _writable():
            for path, mode in (*((folder, 0o700) for folder in folders), (passphrase.place(), 0o600)):
                try:
                    open_to_others = stat.S_IMODE(path.stat().st_mode) & 0o077
                except FileNotFoundError:
                    continue
                if open_to_others:
                    path.chmod(mode)
                    yield f"  · {path} was open to other users of this machine; it is closed now ({mode:04o})"

    def prepare(self) -> None:
        """Create the state folder, and copy the project and stack files that the engine reads.

        Raises:
            ProvisionError: A folder can't be written.
        """
        self.make_state_folder()
        with _writable():
            for folder in (self.work_dir.parent, self.work_dir):
                folder.mkdir(exist_ok=True, mode=0o700)
            if self.state is not None:
                _make_engine_home(self._engine_home)
            _write(self.work_dir / "Pulumi.yaml", self._project_file())
            _write(self._copy, self._stack_file())

    def prune_logs(self) -> None:
        """Remove all but the last logs of our own engine on this stack."""
        with suppress(FileNotFoundError):  # another command prunes as well
            logs = sorted((self._engine_home / "logs").glob("*"), key=lambda file: file.stat().st_mtime)
            for file in logs[:-_KEPT_LOGS]:
                file.unlink()

    def keep_salt(self) -> None:
        """Save the salt that Pulumi wrote into the copy, so that the next run uses the same one."""
        if self._copy.is_file() and (salt := load(self._copy).get(_SALT)):
            write_private(self._salt_file, salt, mode=0o600)

    def is_as_last_time(self) -> bool:
        """Return whether the stack exists and its files are unchanged since the last checked operation."""
        record = self.record  # changes by other users of another backend are unknown to us
        if record is None or not record.is_file() or not self._copy.is_file():
            return False
        try:
            return self._remembered.read_text(encoding="utf-8") == self._digest()
        except OSError:
            return False

    def remember(self) -> None:
        """Record the files' content, now that the files are checked and the stack is made."""
        _write(self._remembered, self._digest())

    def _digest(self) -> str:
        # The copy of the project file holds the path of the package; an upgrade brings other files.
        digest = hashlib.sha256(f"{Path(__file__)} {Path(__file__).stat().st_mtime_ns}".encode())
        for file in (self.stack.project.folder / "Pulumi.yaml", self.stack.file):
            digest.update(str(file).encode() + file.read_bytes())
        return digest.hexdigest()

    @property
    def rotation_note(self) -> Path:
        """The file that is there while a Keycloak of somebody else gets a new secret of the service account.

        If it is left, the stack file has a secret that Keycloak may not have got, and the state the one before.
        """
        return self.work_dir / "rotating"

    def refuse_half_rotated(self) -> None:
        """Refuse to go on after a rotation of the service account's secret that was cut off.

        Raises:
            ProvisionError: The rotation was cut off.
        """
        if self.rotation_note.exists():
            raise ProvisionError(
                "A rotation of the service account's secret was interrupted: Keycloak may have another one than the file.",
                f"Go on with it: {hint('rotate admin')}. If you set the right one since, remove {self.rotation_note}.",
            )

    @property
    def refresh_note(self) -> Path:
        """The file that is there if Keycloak holds something that only a refresh brings into the state."""
        return self.work_dir / "refresh"

    @property
    def _remembered(self) -> Path:
        return self.work_dir / "checked"

    def forget(self) -> None:
        """Remove everything of the stack except its file: record, history, backups, locks, work folder, logs."""
        if self.state is not None:
            self.state.forget()
        for folder in (self.work_dir, self.stack.home):
            if folder.exists():
                shutil.rmtree(folder)
        journal.forget(user_data_dir() / "journals", self.url, self.stack.project.name, self.stack.name)
        for file in (self._salt_file, self._lock_file, self.engine_lock.file):
            file.unlink(missing_ok=True)

    def journals(self) -> list[Path]:
        """Return the files of the stack's journals, for every Keycloak."""
        return journal.files_of(
            user_data_dir() / "journals", self.url, self.stack.project.name, self.stack.name
        )

    @contextmanager
    def exclusively(self, say: Callable[[str], None] = lambda _: None) -> Iterator[None]:
        """Hold the stack against our other commands, and end or remove what a killed command left behind.

        Args:
            say: Receives a line for the user, if there is something to wait for.

        Raises:
            ProvisionError: Another command is working on the stack.
        """
        lock = FileLock(self._lock_file, is_singleton=True)  # a command may hold it around several operations
        try:
            with _writable():
                make_private_folder(self._lock_file.parent)
                lock.acquire(timeout=_BUSY_SECONDS)
        except Timeout:
            raise ProvisionError(
                f"Another command is working on stack {self.stack.name}.",
                "Wait until it is done, then try again.",
            ) from None
        try:
            if lock.lock_counter == 1:  # else an engine of our own may be at work
                self.engine_lock.end_orphan(say)
            if self.state is not None:
                self.state.remove_leftovers()
            yield
        finally:
            lock.release()

    @property
    def _engine_home(self) -> Path:
        return self.work_dir / "pulumi"

    @property
    def _copy(self) -> Path:
        return self.work_dir / f"Pulumi.{self.stack.name}.yaml"

    @property
    def _lock_file(self) -> Path:
        return user_data_dir() / "locks" / f"{self.stack.project.home.name}.{self.stack.name}.lock"

    @property
    def engine_lock(self) -> EngineLock:
        """The lock that the stack's engine holds as long as it lives."""
        return EngineLock(self._lock_file.with_suffix(".engine"))

    @property
    def _salt_file(self) -> Path:
        return self.stack.project.home / f"{self.stack.name}.salt"

    def _project_file(self) -> str:
        """Return the project's own settings, with the plugin of this installation."""
        settings = load(self.stack.project.folder / "Pulumi.yaml")
        settings["plugins"] = settings.get("plugins") or {}  # the key may be there without a value
        plugins = settings["plugins"].setdefault("providers", [])
        plugins[:] = [item for item in plugins if item.get("name") != "provision"]
        plugins.append({"name": "provision", "path": str(Path(sys.executable).parent)})
        settings.pop("main", None)
        return dump(settings)

    def encryption(self) -> dict[str, str]:
        """Return the settings by which Pulumi encrypts the stack's secrets; empty for a stack that never was."""
        document = self.stack.document()
        if found := {key: document[key] for key in ENCRYPTION if key in document}:
            return found
        salt = self._salt()
        return {_SALT: salt} if salt else {}

    def _stack_file(self) -> str:
        return dump({**self.stack.document(), **self.encryption()})

    def _salt(self) -> str | None:
        """Return the salt in the state, which is the one that its secrets need, or the salt that a new stack got."""
        provider = ((self.checkpoint() or {}).get("latest") or {}).get("secrets_providers") or {}
        if provider.get("type") == "passphrase" and (salt := (provider.get("state") or {}).get("salt")):
            return str(salt)
        try:
            return self._salt_file.read_text(encoding="utf-8") or None
        except (FileNotFoundError, UnicodeDecodeError):
            return None


@contextmanager
def _writable() -> Iterator[None]:
    """Turn the error of an unwritable data folder into an error that names the remedy."""
    try:
        yield
    except Timeout:
        raise
    except OSError as error:
        raise ProvisionError(
            f"The data folder {user_data_dir()} can't be written: {error.strerror}.",
            "Free some space or set PROVISION_DATA_DIR to another folder.",
        ) from error


def _make_engine_home(home: Path) -> None:
    """Make the engine's own home, which takes plugins from the user's home of Pulumi."""
    home.mkdir(exist_ok=True, mode=0o700)
    link, plugins = home / "plugins", Path.home() / ".pulumi" / "plugins"
    if plugins.is_dir() and not link.is_symlink():
        with suppress(FileExistsError):
            link.symlink_to(plugins)


def _write(file: Path, text: str) -> None:
    """Write a file atomically, and only if its content changes: an engine may be reading it."""
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return
    write_private(file, text, mode=0o600)
