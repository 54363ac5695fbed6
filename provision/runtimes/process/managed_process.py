"""A process that outlives the command that started it, and that later commands find again."""

from __future__ import annotations

import errno
import os
import re
import select
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from provision._lib import loopback
from provision._lib.errors import ProvisionError
from provision._lib.listeners import ports_of
from provision._lib.private_file import write_private
from provision._lib.progress import Silent
from provision.runtimes.process import ports, record, search
from provision.runtimes.process.record import ManagedProcess

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import psutil

    from provision._lib.progress import Progress

__all__ = ["ManagedProcess", "ProcessSettings", "log_tail", "reads_anew", "running", "start", "stop"]

LOG = "process.log"
FORMER = ".1"
"""The ending of the log of the process that ran before; see `provision.runtimes.protocol.RunningProcess`."""
FORMER_BYTES = 10_000_000
LOCK = "process.lock"
READY_SECONDS = 120.0
STOP_SECONDS = 10.0
ASK_SECONDS = 0.01
# A child gets these variables of the caller's environment and its own settings, nothing else, so that no secret of
# the caller's shell leaks into the child.
INHERITED = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    loopback.TRUSTED_USERS,
)

# These objects are kept to reap a child that dies while its starter lives, so that no zombie remains.
_started_here: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """The settings of a process.

    Args:
        name: The name in messages.
        home: The process's folder, made with mode 0700, for the log, the record and the files.
        command: The program and its arguments; never a secret.
        folder: The working directory; ``home`` if left out.
        env: The process's own environment variables, besides the few that every child inherits; never a secret.
        files: File contents by name, written with mode 0400 into ``home`` before the start.
        reread: More such files, which the process reads again by itself, so that new content needs no restart.
        reads: The user's files that the process reads at its start, so that new content needs a restart.
        log: The name of the log file in ``home``.
        asked: The address that the check for readiness asks, for the message when no good answer came.
        advice: A remedy, for the message when the process ended or was not ready in time.
    """

    name: str
    home: Path
    command: tuple[str, ...]
    folder: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    reread: Mapping[str, str] = field(default_factory=dict, repr=False)
    reads: tuple[Path, ...] = ()
    log: str = LOG
    asked: str = ""
    advice: str = ""

    def digest(self) -> str:
        """Return a keyed digest of all settings whose change needs a restart."""
        content = [self.command, str(self.folder or ""), sorted(self.env.items()), sorted(self.files.items())]
        read = [_content_digest(self.home, self.reads)] if self.reads else []
        return record.keyed_digest(self.home, [*content, *read])


def start(
    settings: ProcessSettings,
    ready: Callable[[], bool],
    *,
    timeout: float = READY_SECONDS,
    progress: Progress | None = None,
) -> ManagedProcess:
    """Start a process, unless a process with the same settings runs already, and return it once it is ready.

    A process that runs with other settings is stopped first. A second start at the same time waits for the first.

    Args:
        settings: The settings of the process.
        ready: The check for readiness, called about every ten milliseconds; True ends the wait.
        timeout: The seconds until the wait is given up.
        progress: The display of the wait for another start.

    Raises:
        ProvisionError: The process died, did not get ready in time, or its home can't be written.
    """
    with alone(settings.home, settings.name, progress):
        digest = settings.digest()
        managed = running(settings.home)
        if managed and managed.digest == digest:
            _renew(settings)
            if managed.ready:
                return managed
        if managed is None or managed.digest != digest:
            terminate(settings.home)
            managed = launch(settings, digest)
        await_ready(settings, managed, ready, timeout)
        return running(settings.home) or managed


def running(home: Path) -> ManagedProcess | None:
    """Return the process that runs for a home folder, or None if there is none; make no network requests."""
    managed = record.read(home)
    if managed is not None:
        return managed if record.process_of(managed) else None
    return next(map(_unrecorded, search.running_for(home)), None)


def _unrecorded(process: psutil.Process) -> ManagedProcess:
    """Return a process whose record is lost: no settings fit it, so the next start replaces it."""
    return ManagedProcess(pid=process.pid, created=process.create_time(), digest="")


def reads_anew(home: Path, reads: tuple[Path, ...]) -> bool:
    """Return whether files have changed since the running process read these files at its start."""
    managed = running(home)
    return managed is not None and managed.reads != _content_digest(home, reads)


def stop(home: Path, *, progress: Progress | None = None) -> None:
    """Stop the process of a home folder, if it runs, and remove the files that were written for the process."""
    if not home.is_dir():  # somebody removed it: its process may run on
        terminate(home)
        return
    with alone(home, home.name, progress):
        terminate(home)


def _content_digest(home: Path, files: tuple[Path, ...]) -> str:
    return record.keyed_digest(home, [_content(file) for file in files]) if files else ""


def _content(file: Path) -> str | None:
    try:
        return file.read_bytes().hex()
    except FileNotFoundError:
        return None


def log_tail(home: Path, lines: int, log: str = LOG) -> list[str]:
    """Return the last lines of the log, without reading all of a long log."""
    if lines <= 0:
        return []
    try:
        with (home / log).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - lines * 1000))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]


@contextmanager
def alone(home: Path, name: str, progress: Progress | None = None) -> Iterator[None]:
    """Lock out every other start and stop of this home folder; make the folder if it does not exist."""
    from filelock import FileLock, Timeout

    with _writable(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(home / LOCK, mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            with (progress or Silent()).step(f"Waiting for another run that starts or stops {name}"):
                lock.acquire(poll_interval=ASK_SECONDS)
    try:
        with _writable(home):
            yield
    finally:
        lock.release()


@contextmanager
def _writable(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ProvisionError(f"No space left in {home}.", "Free some space there.") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
            raise ProvisionError(
                f"Cannot write to {home}: {error.strerror}.", "Give yourself write permission there."
            ) from error
        raise


def launch(settings: ProcessSettings, digest: str) -> ManagedProcess:
    """Start the process, detached, and write its record; the caller holds the lock."""
    import subprocess

    import psutil

    home = settings.home
    home.chmod(0o700)
    _forget_files(home)
    for name, text in (*settings.files.items(), *settings.reread.items()):
        write_private(home / name, text)
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    _keep_former(home / settings.log)
    # The process may write the file by its name too.
    log = os.open(home / settings.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            settings.command,
            cwd=settings.folder or home,
            env={**inherited, **settings.env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError) as error:
        why = "there is no program" if isinstance(error, FileNotFoundError) else "this may not be run:"
        raise ProvisionError(
            f"{settings.name} did not start: {why} {settings.command[0]}.",
            "Check the command in the configuration.",
        ) from error
    finally:
        os.close(log)
    _started_here[process.pid] = process
    try:
        created = psutil.Process(process.pid).create_time()
        managed = ManagedProcess(
            pid=process.pid,
            created=created,
            digest=digest,
            files=(*settings.files, *settings.reread),
            reads=_content_digest(home, settings.reads),
        )
        record.write(home, managed)
    except BaseException:
        process.kill()
        raise
    return managed


def is_started_here(managed: ManagedProcess) -> bool:
    """Return whether this command started the process."""
    return managed.pid in _started_here


def _renew(settings: ProcessSettings) -> None:
    """Write the files that the running process reads again, where their content is another one."""
    for name, text in settings.reread.items():
        file = settings.home / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_private(file, text)


def _keep_former(log: Path) -> None:
    """Keep the log of the process before, or its last megabytes, beside the log that begins now."""
    if not log.is_file() or not (size := log.stat().st_size):
        return
    if size > FORMER_BYTES:
        with log.open("r+b") as file:
            file.seek(size - FORMER_BYTES)
            file.readline()  # a line that has lost its beginning is none
            end = file.read()
            file.seek(0)
            file.write(end)
            file.truncate()
    log.replace(log.with_name(log.name + FORMER))


def await_ready(
    settings: ProcessSettings,
    managed: ManagedProcess,
    ready: Callable[[], bool],
    timeout: float = READY_SECONDS,
) -> None:
    """Wait until ``ready`` returns True; an exception that ends the wait ends the process too."""
    try:
        with _end_of(managed.pid) as ended:
            _wait_until(ready, ended, settings, timeout)
        record.write(settings.home, replace(managed, ready=True))
    except BaseException:
        terminate(settings.home, grace=0)
        raise


def _wait_until(
    ready: Callable[[], bool], ended: Callable[[float], bool], settings: ProcessSettings, timeout: float
) -> None:
    deadline = time.monotonic() + timeout
    while not ready():
        if ended(ASK_SECONDS):
            why = reason(settings.home, settings.log)
            raise _failed(f"{settings.name} ended while it was starting: {why}", settings)
        if time.monotonic() > deadline:
            asked = f": {settings.asked} gave no good answer" if settings.asked else ""
            raise _failed(f"{settings.name} was not ready within {timeout:g} seconds{asked}.", settings)


def _failed(what: str, settings: ProcessSettings) -> ProvisionError:
    log = f"The whole log is in {settings.home / settings.log}."
    return ProvisionError(what, f"{log} {settings.advice}".rstrip())


_ERROR = re.compile("ERROR|Error|Exception")


def reason(home: Path, log: str = LOG) -> str:
    """Return the line of a log that explains best why the process ended."""
    lines = [line.strip() for line in log_tail(home, 200, log) if line.strip()]
    telling = [line for line in lines if _ERROR.search(line) and " WARN " not in line]
    return (telling or lines or ["its log is empty."])[-1]


def terminate(home: Path, grace: float = STOP_SECONDS) -> None:
    """End the process of a home folder with its children, also if its record is lost; the caller holds the lock.

    Args:
        home: The folder.
        grace: The seconds between SIGTERM and SIGKILL; 0 sends SIGKILL at once.

    Raises:
        ProvisionError: A process is still there, or still holds a port.
    """
    managed = record.read(home)
    process = record.process_of(managed) if managed else None
    if process is not None:
        _end(process, grace)
    else:
        await_leaving(home)
    for stray in search.running_for(home):
        _end(stray, grace)
    _forget_files(home)
    record.remove(home)


def await_leaving(home: Path) -> None:
    """Wait until a process of the home folder that has died lets go of its port; do nothing if there is none."""
    managed = record.read(home)
    if managed and record.is_leaving(managed):
        with _end_of(managed.pid) as ended:
            ended(STOP_SECONDS)
        _reap(managed.pid)


def _forget_files(home: Path) -> None:
    managed = record.read(home)
    for name in managed.files if managed else ():
        (home / name).unlink(missing_ok=True)


def _end(process: psutil.Process, grace: float) -> None:
    import psutil

    held = ports_of(process)
    with suppress(psutil.NoSuchProcess), _end_of(process.pid) as ended:
        if grace > 0:
            process.terminate()
        if grace <= 0 or not ended(grace):
            process.kill()
            ended(STOP_SECONDS)
    # The process leads a session of its own, so the rest of its process group are its children.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    _reap(process.pid)
    if _is_left(process):
        raise ProvisionError(
            f"Process {process.pid} does not end.", f"End it by hand: `kill -9 {process.pid}`."
        )
    ports.await_free(held)


def _is_left(process: psutil.Process) -> bool:
    import psutil

    try:
        return process.is_running() and process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.NoSuchProcess:
        return False


def _reap(pid: int) -> None:
    import subprocess

    owner = _started_here.pop(pid, None)
    if owner is not None:
        with suppress(subprocess.TimeoutExpired):
            owner.wait(STOP_SECONDS)


@contextmanager
def _end_of(pid: int) -> Iterator[Callable[[float], bool]]:
    """Yield a function that waits some seconds for the end of a process and returns whether the process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        yield lambda _seconds: True
        return
    except (AttributeError, OSError):  # not Linux, or a kernel before 5.3
        yield lambda seconds: _ended_within(pid, seconds)
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    try:
        yield lambda seconds: bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def _ended_within(pid: int, seconds: float) -> bool:
    import psutil

    try:
        psutil.Process(pid).wait(seconds)
    except psutil.TimeoutExpired:
        return False
    except psutil.NoSuchProcess:
        return True
    return True
