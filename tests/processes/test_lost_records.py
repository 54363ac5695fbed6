"""Processes whose record, key or folder is damaged or lost: they are found, replaced and stopped all the same."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from provision._lib.errors import ProvisionError
from provision.runtimes.process import keycloak, managed_process, ports, record, search, status
from provision.runtimes.process.resources.mcp_server import McpServerHandler
from tests.support.stack_cli import alive

_LISTENS = (
    "import socket, sys, time\n"
    "server = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
    "print('up', flush=True)\n"
    "time.sleep(60)\n"
)
_DAMAGED = [
    "",
    "garbage",
    "[]",
    "null",
    "\0" * 10,
    '{"pid": -1, "created": 1.0, "digest": "d"}',
    '{"pid": 0, "created": 1.0, "digest": "d"}',
    '{"pid": true, "created": 1.0, "digest": "d"}',
    '{"pid": 1e999, "created": 1.0, "digest": "d"}',
    '{"pid": "7", "created": 1.0, "digest": "d"}',
    '{"pid": null, "created": 1.0, "digest": "d"}',
    '{"pid": 7, "created": NaN, "digest": "d"}',
    '{"pid": 7, "created": 1e999, "digest": "d"}',
    '{"pid": 7, "created": 1.0, "digest": 5}',
    '{"pid": 7, "created": 1.0, "digest": ""}',
    '{"pid": 7, "created": 1.0, "digest": "d", "files": "secret"}',
    '{"pid": 7, "created": 1.0, "digest": "d", "files": ["../outside"]}',
    '{"pid": 7, "created": 1.0, "digest": "d", "files": [""]}',
    '{"pid": 7, "created": 1.0, "digest": "d", "files": [".."]}',
    '{"pid": 7, "created": 1.0, "digest": "d", "reads": []}',
    "[" * 100_000,
]


@pytest.fixture
def stack_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path))
    home = tmp_path / "demo-01234567" / "stacks" / "dev"
    home.mkdir(parents=True)
    yield home
    status.stop_all(home)


@pytest.fixture
def settings(stack_home):
    """The settings of a server of the user's own that listens on a port."""
    home = stack_home / "weather"
    return managed_process.ProcessSettings(
        name="weather",
        home=home,
        command=(sys.executable, "-c", _LISTENS, str(ports.pick_free())),
        env={search.SETTINGS_VARIABLE: str(home / search.SETTINGS_FILE)},
        files={"secret": "s" * 16},
    )


def _port(settings):
    return int(settings.command[-1])


def _start(settings):
    return managed_process.start(settings, lambda: not ports.is_free(_port(settings)))


@pytest.mark.parametrize("content", _DAMAGED)
def test_a_damaged_record_is_no_record(tmp_path, content):
    (tmp_path / record.RECORD).write_text(content)
    assert record.read(tmp_path) is None
    assert managed_process.running(tmp_path) is None
    managed_process.stop(tmp_path)


def test_a_number_that_no_system_gives_is_no_process(tmp_path):
    managed = managed_process.ManagedProcess(pid=10**30, created=1.0, digest="d")
    record.write(tmp_path, managed)
    assert record.read(tmp_path) == managed
    assert managed_process.running(tmp_path) is None


def test_a_record_of_an_earlier_version_is_read(tmp_path):
    (tmp_path / record.RECORD).write_text('{"pid": 7, "created": 5, "digest": "d", "later": true}')
    assert record.read(tmp_path) == managed_process.ManagedProcess(pid=7, created=5.0, digest="d")


def _damage_record(home):
    (home / record.RECORD).write_text("garbage")


def _lose_record(home):
    (home / record.RECORD).unlink()


def _lose_record_and_key(home):
    _lose_record(home)
    (home / record.KEY).unlink()


def _lose_folder(home):
    for path in home.iterdir():
        path.unlink()
    home.rmdir()


_LOSSES = [_damage_record, _lose_record, _lose_record_and_key, _lose_folder]


@pytest.mark.parametrize("lose", _LOSSES)
def test_what_lost_its_record_is_still_shown_and_stopped(stack_home, settings, lose):
    started = _start(settings)
    lose(settings.home)
    assert [(item.name, item.pid) for item in status.processes(stack_home)] == [("weather", started.pid)]
    status.stop_all(stack_home)
    assert not psutil.pid_exists(started.pid)
    ports.ensure_free(_port(settings))


@pytest.mark.parametrize("lose", _LOSSES)
def test_what_lost_its_record_is_replaced_by_the_next_start_on_the_same_port(settings, lose):
    first = _start(settings)
    lose(settings.home)
    second = _start(settings)
    assert second.pid != first.pid
    assert not psutil.pid_exists(first.pid)
    assert _start(settings).pid == second.pid


@pytest.mark.parametrize("key", ["", "0a"])
def test_a_key_that_was_cut_off_is_made_anew(settings, key):
    first = _start(settings)
    (settings.home / record.KEY).chmod(0o600)
    (settings.home / record.KEY).write_text(key)
    assert _start(settings).pid != first.pid
    assert len((settings.home / record.KEY).read_text()) == 64


@pytest.mark.parametrize("lose", _LOSSES)
def test_a_server_whose_folder_is_gone_is_found_and_deleted(settings, lose):
    started = _start(settings)
    lose(settings.home)
    handler = McpServerHandler(None)
    found = handler.find(_Key(str(settings.home)))
    assert found is not None
    handler.delete(found)
    assert not psutil.pid_exists(started.pid)
    assert not settings.home.exists()
    assert handler.find(_Key(str(settings.home))) is None


class _Key:
    """What is known of a server before it is found."""

    name = "weather"
    tls_certificate_file = tls_key_file = authorization_server_ca_file = None

    def __init__(self, home):
        self.home = home


@pytest.mark.parametrize("lose", _LOSSES)
def test_the_next_up_starts_a_server_again_whose_record_is_lost(settings, lose):
    _start(settings)
    spec = _Key(str(settings.home))
    assert McpServerHandler(None).needs_update(spec, {}) is None
    lose(settings.home)
    assert "the record of the MCP server weather is lost" in McpServerHandler(None).needs_update(spec, {})


def test_only_leaders_of_sessions_without_a_terminal_that_name_the_folder_are_taken_for_ours(stack_home):
    home, other = stack_home / "weather", stack_home / "other"
    settings = [f"{search.SETTINGS_VARIABLE}={folder / search.SETTINGS_FILE}" for folder in (home, other)]
    leader = subprocess.Popen(
        ["sh", "-c", 'env "$0" sleep 60 & echo $!; exec env "$1" sleep 60', *settings],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert leader.stdout is not None
    follower = psutil.Process(int(leader.stdout.readline()))
    try:
        assert search.running_for(home) == []
        managed_process.stop(home)
        assert follower.is_running()
        assert leader.poll() is None
    finally:
        follower.kill()
        leader.kill()
        leader.communicate()


@pytest.mark.parametrize(
    ("command", "home"),
    [
        (("java", "@x", "-Dkc.home.dir=/d/s/keycloak/server", "Main"), "/d/s/keycloak"),
        (("python", "-m", "provision.server", "--settings", "/d/s/weather/settings.json"), "/d/s/weather"),
        (("python", "--settings"), None),
        (("python", "--settings", "/etc/other.json"), None),
        (("less", "/d/s/keycloak/keycloak.log"), None),
        ((), None),
    ],
)
def test_a_folder_is_known_by_the_command_line(command, home):
    assert search.home_of(command) == (None if home is None else Path(home))


def test_a_child_that_left_the_session_and_holds_the_port_is_named(stack_home, settings, monkeypatch):
    monkeypatch.setattr(ports, "_RELEASE_SECONDS", 0.2)
    escapes = (
        "import os, socket, sys, time\n"
        "server = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    open(sys.argv[2], 'w').write(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    file = stack_home / "pid"
    port = ports.pick_free()
    daring = managed_process.ProcessSettings(
        name="weather", home=settings.home, command=(sys.executable, "-c", escapes, str(port), str(file))
    )
    managed_process.start(daring, lambda: file.exists() and file.read_text() != "")
    child = int(file.read_text())
    try:
        with pytest.raises(ProvisionError, match=rf"Port {port} is still held by process {child} "):
            managed_process.stop(settings.home)
    finally:
        os.kill(child, 9)


def test_a_child_that_outlived_its_server_is_ended(stack_home, settings):
    nested = ("/bin/sh", "-c", '"$0" -c "$1" "$2"; exit', *settings.command[0:1], *settings.command[2:])
    parent = _start(dataclasses.replace(settings, command=nested))
    (child,) = psutil.Process(parent.pid).children()
    os.kill(parent.pid, 9)
    psutil.Process(parent.pid).wait(5)
    assert alive(child.pid)
    assert status.processes(stack_home)[0].pid is None
    status.stop_all(stack_home)
    assert not alive(child.pid)
    ports.ensure_free(_port(settings))


def test_a_taken_port_of_the_stack_file_is_seen_and_a_port_of_the_stack_itself_is_none(stack_home, settings):
    _start(settings)
    status.refuse_taken(
        stack_home, dict.fromkeys([_port(settings), ports.pick_free()], "provision:server.port")
    )
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(ProvisionError, match=f"Port {port} is taken by process {os.getpid()} "):
            status.refuse_taken(
                stack_home,
                {_port(settings): "provision:server.port", port: "provision:keycloak.port"},
                "Pulumi.dev.yaml",
            )
    with pytest.raises(ProvisionError, match="is taken by process"):
        status.refuse_taken(stack_home / "other", {_port(settings): "provision:server.port"})


def test_a_port_that_is_about_to_be_handed_on_is_free_for_its_next_process(settings):
    started = _start(settings)
    ports.ensure_free(_port(settings), besides=psutil.Process(started.pid))
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        with pytest.raises(ProvisionError, match="is taken"):
            ports.ensure_free(_port(settings), besides=psutil.Process(bystander.pid))
    finally:
        bystander.kill()
        bystander.wait()


def _facts(folder, **more):
    facts = {"id": "a", "url": "http://localhost:1", "client": "c", "user": "u", "finished": True, **more}
    return json.dumps(facts)


@pytest.mark.parametrize("content", [None, "", "{", "[1]", "{}", '{"id": 5}', "\0\0"])
def test_lost_facts_about_keycloaks_data_are_read_from_their_second_place(tmp_path, content):
    data = keycloak._Data(tmp_path / "server" / "data")
    (data.folder / keycloak.DATABASE).mkdir(parents=True)
    data.note(**json.loads(_facts(data.folder)))
    known = data.facts()
    if content is None:
        (data.folder / keycloak.FACTS).unlink()
    else:
        (data.folder / keycloak.FACTS).write_text(content)
    assert data.facts() == known
    data.ensure_known()
    data.note(url="http://localhost:2")
    assert json.loads((data.folder / keycloak.FACTS).read_text()) == {**known, "url": "http://localhost:2"}


def test_data_whose_facts_are_lost_in_both_places_is_not_thrown_away(tmp_path):
    data = keycloak._Data(tmp_path / "server" / "data")
    (data.folder / keycloak.DATABASE).mkdir(parents=True)
    with pytest.raises(ProvisionError, match=r"provision\.json, the record of Keycloak's data"):
        data.ensure_known()


def test_facts_about_data_that_somebody_removed_do_not_count(tmp_path):
    data = keycloak._Data(tmp_path / "server" / "data")
    data.folder.mkdir(parents=True)
    data.note(**json.loads(_facts(data.folder)))
    (data.folder / keycloak.FACTS).unlink()
    data.folder.rmdir()
    assert data.facts() == {}
    data.ensure_known()


def test_a_process_that_ends_by_itself_in_the_meantime_is_no_error(settings):
    started = _start(settings)
    os.kill(started.pid, 9)
    time.sleep(0.05)
    managed_process.stop(settings.home)
    assert managed_process.running(settings.home) is None
