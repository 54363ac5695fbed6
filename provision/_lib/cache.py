"""The toolkit's folder for files that are made or fetched once per user."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from provision._lib.progress import Progress, Step

VARIABLE = "PROVISION_CACHE_DIR"
MEBIBYTE = 1024 * 1024
CONNECT_SECONDS = 5.0
DOWNLOAD_ATTEMPTS = 3


def root() -> Path:
    """Return the cache folder: ``PROVISION_CACHE_DIR``, or else the user's cache folder on this system."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("provision", appauthor=False)


def install(
    target: Path,
    make: Callable[[Path], None],
    *,
    what: str,
    progress: Progress,
    valid: Callable[[Path], bool] = Path.exists,
    room: int = 0,
) -> Path:
    """Make a file or folder exactly once, and never leave a half-made one under its name.

    Two runs that want the same file do not both make it: the second one waits and reports the wait. A file that
    exists but is not valid is replaced.

    Args:
        target: The path of the result, inside the cache.
        make: Makes the result at the given path, which does not exist yet.
        what: The name of the result in messages.
        progress: Shows the wait for another run.
        valid: Returns whether the content of ``target`` can be used; must be cheap.
        room: The approximate size of the result, in bytes; with less free space nothing is started.

    Raises:
        ProvisionError: No space, no permission, or an error of ``make``.
    """
    if valid(target):
        return target
    with _readable(target, what):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target, what, progress):
            if not valid(target):
                if shutil.disk_usage(target.parent).free < room:
                    raise OSError(errno.ENOSPC, f"{what} takes about {room >> 20} MiB")
                _replace(target, make)
    return target


def _replace(target: Path, make: Callable[[Path], None]) -> None:
    for stale in target.parent.glob(f".{target.name}.*.new"):
        _remove(stale)  # left by an interrupted run; that run has ended, because the lock is ours
    fresh = target.parent / f".{target.name}.{os.getpid()}.new"
    try:
        make(fresh)
        _remove(target)
        fresh.replace(target)
    finally:
        _remove(fresh)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        # Renamed first, so that a removal that is cut short leaves nothing under the name.
        doomed = path.parent / f".{path.name.lstrip('.')}.{os.getpid()}.old.new"
        path.replace(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _locked(target: Path, what: str, progress: Progress) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(target.parent / f".{target.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        with progress.step(f"Waiting for another run that prepares {what}"):
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _readable(target: Path, what: str) -> Iterator[None]:
    """Turn the errors of a full or closed disk into errors that name the remedy."""
    try:
        yield
    except OSError as error:
        elsewhere = f"or set {VARIABLE} to a folder on another disk."
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            free = shutil.disk_usage(target.parent).free >> 20
            raise ProvisionError(
                f"No space left in {target.parent} for {what}: {free} MiB are free.",
                f"Free some space there, {elsewhere}",
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
            raise ProvisionError(
                f"Cannot write {what} to {target.parent}: {error.strerror}.",
                f"Give yourself write permission there, {elsewhere}",
            ) from error
        raise


def download(
    url: str,
    target: Path,
    *,
    what: str,
    progress: Progress,
    sha256: str = "",
    sha1: str = "",
) -> None:
    """Download a file, resuming an earlier attempt, and keep it only if its checksum is right.

    Args:
        url: The address of the file; redirects are followed.
        target: The path of the result; an unfinished download is kept beside it in a ``.part`` file.
        what: The file's name in messages.
        progress: Shows the bytes.
        sha256: The expected SHA-256 digest in hex.
        sha1: The expected SHA-1 digest in hex, for a publisher that offers nothing better.

    Raises:
        ProvisionError: The address is unreachable, the request is refused, or the checksum differs.
    """
    if not (sha256 or sha1):
        message = "A download needs a checksum."
        raise ValueError(message)
    part = target.with_name(f"{target.name}.part")
    with _readable(target, what), progress.step(f"Downloading {what}") as step:
        target.parent.mkdir(parents=True, exist_ok=True)
        resumed = part.exists()
        _fetch(url, part, what, step)
        if resumed and not _checksum_is(part, sha256, sha1):
            part.unlink()  # the file has changed since the first half was downloaded, or that half was damaged
            _fetch(url, part, what, step)
        if not _checksum_is(part, sha256, sha1):
            part.unlink()
            raise ProvisionError(
                f"The checksum of {what} from {url} is wrong.", "Try again; if it stays so, report it."
            )
        part.replace(target)


def _fetch(url: str, part: Path, what: str, step: Step) -> None:
    import httpx

    timeout = httpx.Timeout(60.0, connect=CONNECT_SECONDS)
    with httpx.Client(follow_redirects=True, timeout=timeout) as http:
        for attempt in range(1, DOWNLOAD_ATTEMPTS + 1):
            before = _size(part)
            try:
                _stream(http, url, part, step)
            except httpx.TransportError as error:
                moved = _size(part) > before
                if attempt == DOWNLOAD_ATTEMPTS or not moved:
                    raise ProvisionError(
                        f"Could not download {what} from {url}: {error}.",
                        "Check the network, then try again.",
                    ) from error
            except httpx.HTTPStatusError as error:
                raise ProvisionError(
                    f"Could not download {what}: {url} answered {error.response.status_code}.",
                    "Check the network, then try again.",
                ) from error
            else:
                return


def _stream(http: httpx.Client, url: str, part: Path, step: Step) -> None:
    have = _size(part)
    headers = (
        {"Range": f"bytes={have}-", "Accept-Encoding": "identity"}
        if have
        else {"Accept-Encoding": "identity"}
    )
    with http.stream("GET", url, headers=headers) as answer:
        if answer.status_code == 416:  # noqa: PLR2004 - nothing is left to send
            return
        answer.raise_for_status()
        if answer.status_code != 206:  # noqa: PLR2004 - the server sends all from the start
            have = 0
        length = answer.headers.get("content-length")
        total = have + int(length) if length else None
        with part.open("ab" if have else "wb") as file:
            for chunk in answer.iter_bytes(MEBIBYTE // 4):
                file.write(chunk)
                have += len(chunk)
                step.advance(have, total)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _checksum_is(path: Path, sha256: str, sha1: str) -> bool:
    return checksum(path, "sha256" if sha256 else "sha1") == (sha256 or sha1)


def checksum(path: Path, algorithm: str) -> str:
    """Return a file's digest in hex (``sha256``, ``sha1``)."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
