"""A program that outlives the one that started it, and is found again by it."""

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

from provision._lib.errors import ProvisionError
from provision._lib.progress import Silent
from provision.runtimes.process import record
from provision.runtimes.process.record import ManagedProcess

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import psutil

    from provision._lib.progress import Progress

__all__ = ["ManagedProcess", "ProcessSettings", "log_tail", "reads_anew", "running", "start", "stop"]

LOG = "process.log"
LOCK = "process.lock"
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
ASK_SECONDS = 0.01
# A child gets these of the caller's environment and its own settings, nothing else: a secret that happens to be
# in the caller's shell is not the child's business.
INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")

# Kept so that a child that dies while its starter lives is reaped and does not stay a zombie.
_started_here: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """What to run.

    Args:
        name: What to call it in messages.
        home: Its folder, made with mode 0700; holds its log, its record and its files.
        command: The program and its arguments; never a secret.
        folder: Where it runs; ``home`` when left out.
        env: Environment of its own, beside the few variables that every child inherits; never a secret.
        files: File names and their contents, written with mode 0400 into ``home`` before it starts.
        reads: Files of somebody else's that it reads at its start, so that another content needs a restart.
        log: The name of its log file in ``home``.
    """

    name: str
    home: Path
    command: tuple[str, ...]
    folder: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    reads: tuple[Path, ...] = ()
    log: str = LOG

    def digest(self) -> str:
        """Give a keyed digest of all that would need a restart if it changed."""
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
    """Start a program and wait until it is ready; one that runs already with the same settings is returned.

    One that runs with other settings is stopped first. A second start at the same time waits for the first.

    Args:
        settings: What to run.
        ready: Asked again and again, about every ten milliseconds; True ends the wait.
        timeout: Seconds until the wait is given up.
        progress: Shows the wait for another start.

    Raises:
        ProvisionError: It died, did not get ready in time, or its home cannot be written.
    """
    with alone(settings.home, settings.name, progress):
        digest = settings.digest()
        managed = running(settings.home)
        if managed and managed.digest == digest and managed.ready:
            return managed
        if managed is None or managed.digest != digest:
            terminate(settings.home)
            managed = launch(settings, digest)
        await_ready(settings, managed, ready, timeout)
        return running(settings.home) or managed


def running(home: Path) -> ManagedProcess | None:
    """Tell what runs for a home folder; looks at this machine only, never at the network."""
    managed = record.read(home)
    return managed if managed and record.process_of(managed) else None


def reads_anew(home: Path, reads: tuple[Path, ...]) -> bool:
    """Tell whether files hold something else than when the program that runs read them at its start."""
    managed = running(home)
    return managed is not None and managed.reads != _content_digest(home, reads)


def stop(home: Path, *, progress: Progress | None = None) -> None:
    """Stop what runs for a home folder and remove the files that were written for it. Nothing running is fine."""
    if not home.is_dir():
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
    """Give the last lines of the log, without reading all of a long one."""
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
    """Keep every other start and stop of this home folder out; makes the folder if need be."""
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
    """Start the process, detached, and remember it; the caller holds the lock."""
    import subprocess

    import psutil

    home = settings.home
    home.chmod(0o700)
    _forget_files(home)
    for name, text in settings.files.items():
        record.write_private(home / name, text)
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    log = os.open(home / settings.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
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
            files=tuple(settings.files),
            reads=_content_digest(home, settings.reads),
        )
        record.write(home, managed)
    except BaseException:
        process.kill()
        raise
    return managed


def await_ready(
    settings: ProcessSettings,
    managed: ManagedProcess,
    ready: Callable[[], bool],
    timeout: float = READY_SECONDS,
) -> None:
    """Wait until ``ready`` says so; whatever ends the wait otherwise ends the process too."""
    try:
        with _end_of(managed.pid) as ended:
            _wait_until(ready, ended, settings, time.monotonic() + timeout)
        record.write(settings.home, replace(managed, ready=True))
    except BaseException:
        terminate(settings.home, grace=0)
        raise


def _wait_until(
    ready: Callable[[], bool], ended: Callable[[float], bool], settings: ProcessSettings, deadline: float
) -> None:
    log = settings.home / settings.log
    while not ready():
        if ended(ASK_SECONDS):
            why = reason(settings.home, settings.log)
            raise _failed(f"{settings.name} ended while it was starting: {why}", log)
        if time.monotonic() > deadline:
            raise _failed(f"{settings.name} was not ready in time.", log)


def _failed(what: str, log: Path) -> ProvisionError:
    return ProvisionError(what, f"The whole log is in {log}.")


_ERROR = re.compile("ERROR|Error|Exception")


def reason(home: Path, log: str = LOG) -> str:
    """Pick the line of a log that says best why the program ended."""
    lines = [line.strip() for line in log_tail(home, 200, log) if line.strip()]
    telling = [line for line in lines if _ERROR.search(line) and " WARN " not in line]
    return (telling or lines or ["its log is empty."])[-1]


def terminate(home: Path, grace: float = STOP_SECONDS) -> None:
    """End the process of a home folder with its children; the caller holds the lock.

    Args:
        home: The folder.
        grace: Seconds between asking and ending it by force; 0 does not ask.
    """
    managed = record.read(home)
    process = record.process_of(managed) if managed else None
    if process is not None:
        _end(process, grace)
    elif managed and record.is_leaving(managed):
        with _end_of(managed.pid) as ended:
            ended(STOP_SECONDS)
        _reap(managed.pid)
    _forget_files(home)
    record.remove(home)


def _forget_files(home: Path) -> None:
    managed = record.read(home)
    for name in managed.files if managed else ():
        (home / name).unlink(missing_ok=True)


def _end(process: psutil.Process, grace: float) -> None:
    import psutil

    with suppress(psutil.NoSuchProcess), _end_of(process.pid) as ended:
        if grace > 0:
            process.terminate()
        if grace <= 0 or not ended(grace):
            process.kill()
            ended(STOP_SECONDS)
    # It leads a session of its own, so what is left in that process group are its children.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    _reap(process.pid)


def _reap(pid: int) -> None:
    import subprocess

    owner = _started_here.pop(pid, None)
    if owner is not None:
        with suppress(subprocess.TimeoutExpired):
            owner.wait(STOP_SECONDS)


@contextmanager
def _end_of(pid: int) -> Iterator[Callable[[float], bool]]:
    """Give a function that waits for the end of a process, woken by it, and tells whether it came."""
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
