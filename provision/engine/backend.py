"""The backend where Pulumi keeps a project's state, and the folder from which the engine runs.

The engine never runs in the project's own folder: Pulumi writes an encryption salt into the stack file there, which
would make every clone dirty. It runs in a copy beside the state instead, made anew at every operation.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from provision._lib.errors import ProvisionError
from provision.config.project import user_data_dir
from provision.config.yaml_file import dump, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.config.project import StackFile

_PASSPHRASE_BYTES = 32
_SALT = "encryptionsalt"
_BUSY_SECONDS = 0.1


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
    def record(self) -> Path | None:
        """The stack's state file, or None if the backend is not our own folder."""
        if self.url != self._own_url:
            return None
        return self._state / ".pulumi" / "stacks" / self.stack.project.name / f"{self.stack.name}.json"

    def resources(self) -> list[dict[str, Any]] | None:
        """Return the stack's recorded resources, secrets encrypted; None if the record is not in our own folder."""
        if self.record is None:
            return None
        if not self.record.is_file():
            return []
        document = json.loads(self.record.read_bytes())
        return list((document["checkpoint"].get("latest") or {}).get("resources") or ())

    @property
    def is_locked(self) -> bool:
        """True if another process's engine is working on the stack; False for a backend other than our own folder."""
        return bool(self._held())

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
            variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase_file())
        return variables

    def make_state_folder(self) -> None:
        """Create our own backend folder, without which Pulumi fails; another backend is left to its owner.

        Raises:
            ProvisionError: The folder can't be written.
        """
        with _writable():
            self._state.mkdir(parents=True, exist_ok=True, mode=0o700)

    def prepare(self) -> None:
        """Create the state folder, and copy the project and stack files that the engine reads.

        Raises:
            ProvisionError: A folder can't be written.
        """
        self.make_state_folder()
        with _writable():
            self.work_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(self.work_dir / "Pulumi.yaml", self._project_file())
            _write(self._copy, self._stack_file())

    def keep_salt(self) -> None:
        """Save the salt that Pulumi wrote into the copy, so that the next run uses the same one."""
        if self._copy.is_file() and (salt := load(self._copy).get(_SALT)):
            self._salt_file.write_text(salt, encoding="utf-8")

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
    def _remembered(self) -> Path:
        return self.work_dir / "checked"

    def forget(self) -> None:
        """Remove everything of the stack except its file: record, history, backups, locks, work folder, logs."""
        for kind in ("stacks", "history", "backups", "locks"):
            base = self._state / ".pulumi" / kind
            for path in (*base.glob(f"**/{self.stack.name}"), *base.glob(f"**/{self.stack.name}.json*")):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for folder in (self.work_dir, self.stack.home):
            if folder.exists():
                shutil.rmtree(folder)
        for file in (self._salt_file, self._lock_file):
            file.unlink(missing_ok=True)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the stack against our other commands, and remove a lock left behind by a killed engine.

        Raises:
            ProvisionError: Another command is working on the stack.
        """
        lock = FileLock(self._lock_file)
        try:
            with _writable():
                self._lock_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock.acquire(timeout=_BUSY_SECONDS)
        except Timeout:
            raise ProvisionError(
                f"Another command is working on stack {self.stack.name}.",
                "Wait until it is done, then try again.",
            ) from None
        try:
            self._end_stale_locks()
            yield
        finally:
            lock.release()

    @property
    def _copy(self) -> Path:
        return self.work_dir / f"Pulumi.{self.stack.name}.yaml"

    @property
    def _lock_file(self) -> Path:
        return user_data_dir() / "locks" / f"{self.stack.project.home.name}.{self.stack.name}.lock"

    @property
    def _salt_file(self) -> Path:
        return self.stack.project.home / f"{self.stack.name}.salt"

    def _held(self) -> list[Path]:
        return list((self._state / ".pulumi" / "locks").glob(f"**/{self.stack.name}/*.json"))

    def _end_stale_locks(self) -> None:
        """Remove the locks of engines whose process is gone: a killed engine leaves its lock behind."""
        held = self._held()
        if not held:
            return
        import socket

        import psutil

        for file in held:
            try:
                holder: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # a live engine is just writing or removing it
            if holder.get("hostname") == socket.gethostname() and not psutil.pid_exists(
                int(holder.get("pid", 0))
            ):
                file.unlink(missing_ok=True)

    def _project_file(self) -> str:
        """Return the project's own settings, with the plugin of this installation."""
        settings = load(self.stack.project.folder / "Pulumi.yaml")
        settings["plugins"] = settings.get("plugins") or {}  # the key may be there without a value
        plugins = settings["plugins"].setdefault("providers", [])
        plugins[:] = [item for item in plugins if item.get("name") != "provision"]
        plugins.append({"name": "provision", "path": str(Path(sys.executable).parent)})
        settings.pop("main", None)
        return dump(settings)

    def _stack_file(self) -> str:
        document = self.stack.document()
        if not {_SALT, "secretsprovider", "encryptedkey"} & document.keys() and self._salt_file.is_file():
            document[_SALT] = self._salt_file.read_text(encoding="utf-8")
        return dump(document)


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


def _write(file: Path, text: str) -> None:
    """Write a file atomically, and only if its content changes: an engine may be reading it."""
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)


def _passphrase_file() -> Path:
    """Return the user's passphrase file, generated once; the passphrase encrypts every project's secrets here."""
    file = user_data_dir() / "passphrase"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = file.with_name(f"passphrase.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(secrets.token_urlsafe(_PASSPHRASE_BYTES))
        try:
            os.link(temporary, file)  # fails if another run was first: then that run's passphrase is used
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return file
