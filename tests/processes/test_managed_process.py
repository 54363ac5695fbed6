"""Programs that outlive the one that started them, tried with short shell and Python scripts."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from provision._lib.errors import ProvisionError
from provision.runtimes.process import managed_process, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "a-secret-that-nobody-may-see"
SLEEP = ("/bin/sh", "-c", "echo up; exec sleep 60")


@pytest.fixture
def home(tmp_path) -> Iterator[Path]:
    home = tmp_path / "server"
    yield home
    managed_process.stop(home)


def _settings(home: Path, *command: str, **more) -> managed_process.ProcessSettings:
    return managed_process.ProcessSettings(name="The server", home=home, command=command or SLEEP, **more)


def _up(home: Path) -> Callable[[], bool]:
    return lambda: managed_process.log_tail(home, 1) == ["up"]


def _start(home: Path, *command: str, **more) -> managed_process.ManagedProcess:
    return managed_process.start(_settings(home, *command, **more), _up(home))


def test_it_runs_until_it_is_stopped(home):
    started = _start(home)
    assert managed_process.running(home) == started
    managed_process.stop(home)
    assert managed_process.running(home) is None
    assert not psutil.pid_exists(started.pid)


def test_nothing_runs_in_a_home_that_was_never_used(tmp_path):
    assert managed_process.running(tmp_path / "nowhere") is None
    managed_process.stop(tmp_path / "nowhere")


def test_a_second_start_with_the_same_settings_gives_the_same_process(home):
    assert _start(home).pid == _start(home).pid


def test_two_starts_at_once_make_one_process(home):
    found: list[managed_process.ManagedProcess] = []
    threads = [threading.Thread(target=lambda: found.append(_start(home))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.pid for one in found}) == 1


@pytest.mark.parametrize(
    "changed",
    [{"env": {"MODE": "b"}}, {"files": {"secret": "b"}}, {"command": ("/bin/sh", "-c", "echo up; sleep 9")}],
)
def test_a_changed_setting_leads_to_a_restart(home, changed):
    before = {"env": {"MODE": "a"}, "files": {"secret": "a"}, "command": SLEEP}
    after = {**before, **changed}
    first = managed_process.start(
        managed_process.ProcessSettings(name="The server", home=home, **before), _up(home)
    )
    second = managed_process.start(
        managed_process.ProcessSettings(name="The server", home=home, **after), _up(home)
    )
    assert first.pid != second.pid
    assert not psutil.pid_exists(first.pid)


def test_another_content_of_a_file_that_it_reads_is_seen_and_leads_to_a_restart(home, tmp_path):
    reads = (tmp_path / "server.pem", tmp_path / "server.key")
    for file in reads:
        file.write_text(SECRET)
    assert not managed_process.reads_anew(home, reads), "nothing runs"
    first = _start(home, reads=reads)
    assert not managed_process.reads_anew(home, reads)
    assert _start(home, reads=reads).pid == first.pid
    for file in reads:
        file.write_text(f"another of {file.name}")
        assert managed_process.reads_anew(home, reads)
        second = _start(home, reads=reads)
        assert second.pid != first.pid
        assert not managed_process.reads_anew(home, reads)
        first = second
    reads[0].unlink()
    assert managed_process.reads_anew(home, reads)
    assert SECRET not in (home / record.RECORD).read_text()


def test_it_is_known_whether_it_was_started_from_the_same_settings(home):
    settings = _settings(home, files={"secret": SECRET})
    started = managed_process.start(settings, _up(home))
    assert started.digest == settings.digest()
    assert started.digest != _settings(home, files={"secret": "another"}).digest()


def test_secrets_are_files_that_only_the_user_can_read(home):
    started = _start(home, files={"secret": SECRET})
    file = home / "secret"
    assert file.read_text() == SECRET
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("cmdline", "environ"):
        assert SECRET.encode() not in Path(f"/proc/{started.pid}/{name}").read_bytes()
    for path in (home / record.RECORD, home / managed_process.LOG):
        assert SECRET not in path.read_text()
    managed_process.stop(home)
    assert not file.exists()


def test_a_restart_keeps_what_the_process_before_wrote(home):
    _start(home, "/bin/sh", "-c", "echo first; echo up; exec sleep 60")
    _start(home, "/bin/sh", "-c", "echo second; echo up; exec sleep 60")
    former = home / "process.log.1"
    assert former.read_text() == "first\nup\n"
    assert (home / "process.log").read_text() == "second\nup\n"
    assert stat.S_IMODE(former.stat().st_mode) == 0o600
    managed_process.stop(home)
    _start(home)
    assert former.read_text() == "second\nup\n"


def test_of_a_long_log_the_end_is_kept(home, monkeypatch):
    monkeypatch.setattr(managed_process, "FORMER_BYTES", 50)
    home.mkdir()
    (home / "process.log").write_text("".join(f"line {number}\n" for number in range(100)))
    _start(home)
    kept = (home / "process.log.1").read_text()
    assert kept.startswith("line 9")
    assert kept.endswith("line 98\nline 99\n")
    assert 40 < len(kept) <= 50


def test_settings_do_not_show_their_secrets(home):
    assert SECRET not in repr(_settings(home, files={"secret": SECRET}))


def test_the_callers_environment_is_not_the_childs(home, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", SECRET)
    started = _start(home, env={"OWN": "value"})
    environment = Path(f"/proc/{started.pid}/environ").read_bytes()
    assert SECRET.encode() not in environment
    assert b"OWN=value" in environment
    assert b"PATH=" in environment


def test_one_that_dies_while_starting_fails_at_once_with_its_own_words(home):
    began = time.monotonic()
    with pytest.raises(ProvisionError, match="ERROR: the cellar is flooded"):
        _start(home, "/bin/sh", "-c", "echo 'ERROR: the cellar is flooded'; echo bye; exit 3")
    assert time.monotonic() - began < managed_process.READY_SECONDS / 4
    assert managed_process.running(home) is None


def test_the_reasons_of_a_failed_start_do_not_count_as_settings(home):
    home.mkdir(parents=True)
    settings = _settings(home, asked="http://localhost:3000/mcp", advice="Read the page.")
    assert settings.digest() == _settings(home).digest()


def test_one_that_is_killed_while_starting_fails_at_once(home):
    def kill() -> None:
        while (found := managed_process.running(home)) is None:
            time.sleep(0.01)
        os.kill(found.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    began = time.monotonic()
    with pytest.raises(ProvisionError, match="ended while it was starting"):
        managed_process.start(_settings(home), lambda: False)
    killer.join()
    assert time.monotonic() - began < 10


def test_one_that_does_not_get_ready_is_ended(home):
    settings = _settings(home, asked="http://localhost:3000/mcp", advice="Read the page.")
    with pytest.raises(ProvisionError) as caught:
        managed_process.start(settings, lambda: False, timeout=0.1)
    assert caught.value.what == (
        f"{settings.name} was not ready within 0.1 seconds: http://localhost:3000/mcp gave no good answer."
    )
    assert caught.value.do == f"The whole log is in {home / 'process.log'}. Read the page."
    assert managed_process.running(home) is None


def test_an_interrupted_start_leaves_no_process(home):
    seen: list[int] = []

    def interrupted() -> bool:
        found = managed_process.running(home)
        assert found is not None
        seen.append(found.pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        managed_process.start(_settings(home), interrupted)
    assert not psutil.pid_exists(seen[0])


def test_a_missing_program_is_named(home):
    with pytest.raises(ProvisionError, match="/no/such/program"):
        _start(home, "/no/such/program")


def test_a_killed_one_is_not_running(home):
    started = _start(home)
    os.kill(started.pid, signal.SIGKILL)
    deadline = time.monotonic() + 2
    while managed_process.running(home) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert managed_process.running(home) is None
    assert _start(home).pid != started.pid


def test_a_pid_that_belongs_to_another_process_by_now_is_left_alone(home):
    _start(home)
    managed_process.stop(home)
    other = record.ManagedProcess(pid=os.getpid(), created=psutil.Process().create_time() - 100, digest="")
    record.write(home, other)
    assert managed_process.running(home) is None
    managed_process.stop(home)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "created": 0, "digest": ""}'])
def test_a_damaged_record_counts_as_none(home, content):
    home.mkdir()
    (home / record.RECORD).write_text(content)
    assert managed_process.running(home) is None


def test_children_of_the_process_end_with_it(home):
    script = (
        "import subprocess, sys; subprocess.Popen(['sleep', '60']); print('up', flush=True); sys.stdin.read()"
    )
    started = _start(home, sys.executable, "-c", script + "; import time; time.sleep(60)")
    family = psutil.Process(started.pid).children()
    assert family
    managed_process.stop(home)
    _gone, alive = psutil.wait_procs(family, timeout=2)
    assert not alive


def test_one_that_ignores_the_request_is_ended_by_force(home, monkeypatch):
    monkeypatch.setattr(managed_process, "STOP_SECONDS", 0.2)
    started = _start(home, "/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done")
    with managed_process.alone(home, "it"):
        managed_process.terminate(home, grace=0.2)
    assert not psutil.pid_exists(started.pid)


def test_it_outlives_the_process_that_started_it(home):
    script = (
        "from pathlib import Path; from provision.runtimes.process import managed_process\n"
        f"home = Path({str(home)!r})\n"
        f"settings = managed_process.ProcessSettings(name='It', home=home, command={SLEEP!r})\n"
        "print(managed_process.start(settings, lambda: managed_process.log_tail(home, 1) == ['up']).pid)"
    )
    import subprocess

    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found = managed_process.running(home)
    assert found is not None
    assert found.pid == int(answer.stdout)


def test_looking_costs_less_than_three_milliseconds(home):
    _start(home)

    def look() -> float:
        began = time.perf_counter()
        managed_process.running(home)
        return time.perf_counter() - began

    assert min(look() for _ in range(20)) < 0.003


def test_the_end_of_a_long_log_is_read_without_the_rest(home):
    home.mkdir()
    (home / managed_process.LOG).write_text("".join(f"line {number}\n" for number in range(10_000)))
    assert managed_process.log_tail(home, 2) == ["line 9998", "line 9999"]
    assert managed_process.log_tail(home, 0) == []
    assert managed_process.log_tail(home / "nowhere", 5) == []


def test_a_home_that_cannot_be_made_is_told_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvisionError, match="Cannot write"):
        _start(tmp_path / "file" / "home")


def test_the_record_holds_no_clear_settings(home):
    _start(home, files={"secret": SECRET})
    content = json.loads((home / record.RECORD).read_text())
    assert set(content) == {"pid", "created", "digest", "ready", "files", "reads"}


def test_a_warning_of_a_class_called_exception_is_not_why_a_program_ended(tmp_path):
    (tmp_path / managed_process.LOG).write_text(
        "1 WARN  [x.ExecutionExceptionHandler] overridden\n2 INFO  the last word\n"
    )
    assert managed_process.reason(tmp_path) == "2 INFO  the last word"
