"""The folder for things that are made once per user."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from provision._lib import cache
from provision._lib.errors import ProvisionError
from provision._lib.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Recorded:
    """A progress that remembers the titles of its steps."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.advances: list[tuple[int, int | None]] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Recorded]:
        self.titles.append(title)
        yield self

    def advance(self, done: int, total: int | None = None) -> None:
        self.advances.append((done, total))

    def note(self, text: str) -> None:
        pass


def _install(target: Path, make, **more) -> Path:
    return cache.install(target, make, what="a thing", progress=more.pop("progress", Silent()), **more)


def test_the_environment_chooses_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("PROVISION_CACHE_DIR", str(tmp_path))
    assert cache.root() == tmp_path


def test_without_a_choice_the_users_cache_folder_is_used(monkeypatch):
    monkeypatch.delenv("PROVISION_CACHE_DIR", raising=False)
    assert cache.root().name == "provision"


def test_a_thing_is_made_once(tmp_path):
    calls = []

    def make(path: Path) -> None:
        calls.append(path)
        path.write_text("made")

    for _ in range(3):
        assert _install(tmp_path / "thing", make).read_text() == "made"
    assert len(calls) == 1


def test_two_runs_at_once_make_it_once_and_the_second_says_that_it_waits(tmp_path):
    started, calls, progress = threading.Event(), [], Recorded()

    def make(path: Path) -> None:
        calls.append(path)
        started.set()
        time.sleep(0.2)
        path.mkdir()

    first = threading.Thread(target=_install, args=(tmp_path / "thing", make))
    first.start()
    started.wait()
    _install(tmp_path / "thing", make, progress=progress)
    first.join()
    assert len(calls) == 1
    assert progress.titles == ["Waiting for another run that prepares a thing"]


def test_a_failure_leaves_nothing_under_the_name(tmp_path):
    def make(path: Path) -> None:
        path.mkdir()
        (path / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _install(tmp_path / "thing", make)
    assert [entry.name for entry in tmp_path.iterdir() if not entry.name.endswith(".lock")] == []


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    (tmp_path / ".thing.123.new").mkdir()
    (tmp_path / ".thing.123.new" / "half").write_text("half")
    _install(tmp_path / "thing", lambda path: path.write_text("made"))
    assert not list(tmp_path.glob("*.new")) + list(tmp_path.glob(".*.new"))


def test_a_damaged_thing_is_replaced(tmp_path):
    target = tmp_path / "thing"
    target.mkdir()
    _install(target, lambda path: path.write_text("whole"), valid=lambda path: path.is_file())
    assert target.read_text() == "whole"


def test_a_thing_that_is_there_costs_less_than_two_milliseconds(tmp_path):
    target = tmp_path / "thing"
    target.write_text("made")
    best = min(_seconds(lambda: _install(target, lambda _: None)) for _ in range(20))
    assert best < 0.002


def _seconds(call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "No space left"), (errno.EROFS, "Cannot write"), (errno.EACCES, "Cannot write")],
)
def test_a_full_or_closed_disk_is_told_in_words(tmp_path, number, words):
    def make(_path: Path) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(ProvisionError, match=words) as caught:
        _install(tmp_path / "thing", make)
    assert "PROVISION_CACHE_DIR" in caught.value.do


def test_a_file_in_the_way_of_the_folder_is_told_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvisionError, match="Cannot write"):
        _install(tmp_path / "file" / "thing", lambda path: path.mkdir())


CONTENT = os.urandom(1 << 20)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class _Server:
    """A stand-in web server that can break off in the middle."""

    def __init__(self) -> None:
        self.break_after: int | None = None
        self.ranges: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/file":
                    self.send_error(404)
                    return
                asked = self.headers.get("Range")
                outer.ranges.append(asked)
                begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
                body = CONTENT[begin:]
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                cut, outer.break_after = outer.break_after, None
                self.wfile.write(body[:cut])

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path: str = "/file") -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture
def server() -> Iterator[_Server]:
    server = _Server()
    yield server
    server.server.shutdown()
    server.server.server_close()


def _download(url: str, target: Path, progress=None, **checksum: str) -> None:
    cache.download(url, target, what="the file", progress=progress or Silent(), **checksum)


def test_a_download_shows_its_bytes(server, tmp_path):
    progress = Recorded()
    _download(server.url(), tmp_path / "file", progress, sha256=SHA256)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert progress.advances[-1] == (len(CONTENT), len(CONTENT))


def test_a_download_that_breaks_off_goes_on_where_it_stopped(server, tmp_path):
    server.break_after = 300_000
    _download(server.url(), tmp_path / "file", sha1=hashlib.sha1(CONTENT).hexdigest())
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges[0] is None
    assert server.ranges[1] is not None


def test_a_half_file_of_an_earlier_run_is_finished(server, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    _download(server.url(), tmp_path / "file", sha256=SHA256)
    assert server.ranges == ["bytes=1000-"]


def test_a_damaged_half_file_is_thrown_away(server, tmp_path):
    (tmp_path / "file.part").write_bytes(b"x" * 1000)
    _download(server.url(), tmp_path / "file", sha256=SHA256)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_no_file(server, tmp_path):
    with pytest.raises(ProvisionError, match="checksum"):
        _download(server.url(), tmp_path / "file", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_server_names_its_status(server, tmp_path):
    with pytest.raises(ProvisionError, match="404"):
        _download(server.url("/nothing"), tmp_path / "file", sha256=SHA256)


def test_an_unreachable_server_fails_at_once(tmp_path):
    began = time.monotonic()
    with pytest.raises(ProvisionError, match="Could not download"):
        _download("http://127.0.0.1:9/file", tmp_path / "file", sha256=SHA256)
    assert time.monotonic() - began < 3


def test_a_download_without_a_checksum_is_refused(tmp_path):
    with pytest.raises(ValueError, match="checksum"):
        _download("http://127.0.0.1:9/file", tmp_path / "file")
