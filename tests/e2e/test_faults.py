"""Bad input and faults: each ends with an error of ours, and the next run succeeds."""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from provision.runtimes.process.ports import pick_free
from tests.support.stack_cli import kill

_PORTS = "config:\n  provision:profile: test\n  provision:keycloak: {{port: {0}}}\n  provision:server: {{port: {1}}}\n"


@pytest.fixture
def holder():
    """A server of somebody else on a port."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_taken_port_names_who_holds_it_and_the_next_up_succeeds(stack, holder):
    (stack.project / "Pulumi.test.yaml").write_text(_PORTS.format(holder, pick_free()))
    error = stack.run("up", code=1).stderr
    assert str(holder) in error
    assert str(os.getpid()) in error, "the process that holds it"
    stack.change_config(str(holder), str(pick_free()))
    stack.run("up")
    assert stack.json("preview")["changes"] == []


def test_a_running_keycloak_is_not_ended_for_a_port_that_is_taken(stack, holder):
    first = pick_free()
    (stack.project / "Pulumi.test.yaml").write_text(_PORTS.format(first, pick_free()))
    stack.run("up")
    before = stack.processes()
    stack.change_config(str(first), str(holder))
    assert f"Port {holder} is taken by process {os.getpid()}" in stack.run("up", code=1).stderr
    assert stack.processes() == before
    stack.change_config(str(holder), str(first))
    assert stack.json("preview")["changes"] == []


def test_the_servers_taken_port_is_seen_before_keycloak_is_made(stack, holder):
    (stack.project / "Pulumi.test.yaml").write_text(_PORTS.format(pick_free(), holder))
    for command in ("preview", "up"):
        error = stack.run(command, code=1).stderr
        assert f"Port {holder} is taken by process {os.getpid()}" in error
        assert stack.processes() == {}
    stack.change_config(str(holder), str(pick_free()))
    stack.run("up")


def test_a_keycloak_that_hangs_is_one_error_of_every_look(stack):
    stack.run("up")
    keycloak = stack.processes()["keycloak"]
    os.kill(keycloak, signal.SIGSTOP)
    try:
        for command in (("drift",), ("preview", "--refresh"), ("up", "--refresh")):
            error = stack.run(*command, code=1).stderr
            assert error.count("does not answer") == 1, error
            assert error.count("look into its log") == 1, error
    finally:
        os.kill(keycloak, signal.SIGCONT)
    assert stack.json("preview", "--refresh")["changes"] == []


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_wrong_port_is_refused_before_anything_starts(stack, port):
    (stack.project / "Pulumi.test.yaml").write_text(_PORTS.format(port, pick_free()))
    assert "provision:keycloak.port" in stack.run("up", code=2).stderr
    assert not stack.data.exists()


def test_a_wrong_java_is_named_with_its_version(stack, tmp_path):
    java = tmp_path / "java8" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    java.chmod(0o755)
    stack.environment["PROVISION_JAVA_HOME"] = str(tmp_path / "java8")
    error = stack.run("up", code=1).stderr
    assert "17" in error
    assert "8" in error
    assert str(tmp_path / "java8") in error
    del stack.environment["PROVISION_JAVA_HOME"]
    stack.run("up")


def test_a_cache_without_space_is_an_error_that_names_the_way_out(stack, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        stack.environment["PROVISION_CACHE_DIR"] = str(small)
        error = stack.run("up", code=1).stderr
        assert "pace left" in error
        assert "PROVISION_CACHE_DIR" in error
    finally:
        subprocess.run(["umount", small], check=True)
    del stack.environment["PROVISION_CACHE_DIR"]
    stack.run("up")


def test_an_unreadable_config_is_an_error_that_names_the_file(stack):
    file = stack.project / "Pulumi.test.yaml"
    text = file.read_text()
    file.write_bytes(b"\xff\xfe\x00")
    assert "Pulumi.test.yaml is not a text file" in stack.run("up", code=2).stderr
    file.write_text(text)
    stack.run("up")


def test_a_wrong_passphrase_is_named_and_the_right_one_works_again(stack):
    stack.run("up")
    stack.environment["PULUMI_CONFIG_PASSPHRASE"] = "not-the-one"
    error = stack.run("up", code=1).stderr
    assert "passphrase" in error
    assert "PULUMI_CONFIG_PASSPHRASE" in error
    stack.run("status", code=1)
    del stack.environment["PULUMI_CONFIG_PASSPHRASE"]
    assert stack.json("preview")["changes"] == []


def test_a_foreign_process_with_our_recorded_pid_is_left_alone(stack):
    stack.run("up")
    pid = stack.processes()["calculator"]
    kill(pid)
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        for record in stack.data.glob("*/stacks/test/calculator/*"):
            if record.is_file() and str(pid) in record.read_text(errors="replace"):
                record.chmod(0o600)
                record.write_text(record.read_text().replace(str(pid), str(bystander.pid)))
        assert stack.processes()["calculator"] is None
        stack.run("down")
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_stack_file_in_a_folder_that_can_not_be_written_is_an_error(stack, tmp_path):
    (tmp_path / "file").write_text("in the way")
    stack.environment["PROVISION_DATA_DIR"] = str(tmp_path / "file" / "data")
    error = stack.run("up", code=1).stderr
    assert "PROVISION_DATA_DIR" in error
    del stack.environment["PROVISION_DATA_DIR"]
    assert not Path(tmp_path / "file" / "data").exists()
