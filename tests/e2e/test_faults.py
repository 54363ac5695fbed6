"""Bad input, faults and interruptions: each ends with an error of ours, and the next run succeeds."""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import threading
from pathlib import Path

import psutil
import pytest

from provision.runtimes.process import keycloak
from provision.runtimes.process.ports import pick_free
from provision.runtimes.process.status import processes
from tests.support.stack_cli import alive, kill, until

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


def child_named(process: subprocess.Popen[str], name: str) -> psutil.Process | None:
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return next((child for child in children if child.name() == name), None)
    except psutil.Error:
        return None


def keycloak_pid(stack) -> int | None:
    homes = list(stack.data.glob(f"*/stacks/{stack.stack}"))
    return next((item.pid for home in homes for item in processes(home) if item.name == "keycloak"), None)


def test_a_taken_port_names_who_holds_it_and_the_next_up_succeeds(stack, holder):
    (stack.project / "Pulumi.test.yaml").write_text(_PORTS.format(holder, pick_free()))
    error = stack.run("up", code=1).stderr
    assert str(holder) in error
    assert str(os.getpid()) in error, "the process that holds it"
    stack.change_config(str(holder), str(pick_free()))
    stack.run("up")
    assert stack.json("preview")["changes"] == []


def test_the_servers_taken_port_is_named_too(stack, holder):
    (stack.project / "Pulumi.test.yaml").write_text(_PORTS.format(pick_free(), holder))
    error = stack.run("up", code=1).stderr
    assert str(holder) in error
    stack.change_config(str(holder), str(pick_free()))
    stack.run("up")


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


def test_a_keycloak_killed_while_the_realm_is_made_ends_in_an_error_and_the_next_up_succeeds(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    pid = keycloak_pid(stack)
    (home,) = stack.data.glob("*/stacks/test/keycloak")
    until(lambda: keycloak.running(home) is not None, "Keycloak is ready, and the realm is made next", 60)
    kill(pid)
    _, error = running.communicate(timeout=150)
    assert running.returncode in {0, 1}, error
    assert "Traceback" not in error
    if running.returncode == 1:
        assert "Keycloak" in error
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []
    assert all(proof["ok"] for proof in stack.json("verify")["proofs"])


def test_ctrl_c_leaves_a_state_from_which_up_goes_on(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    os.kill(running.pid, signal.SIGINT)
    _, error = running.communicate(timeout=150)
    assert running.returncode == 1, error
    assert "Stopped. What was made so far is recorded." in error
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []


def test_ctrl_c_leaves_a_state_from_which_down_works(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    os.kill(running.pid, signal.SIGINT)
    running.communicate(timeout=150)
    pid = keycloak_pid(stack)
    stack.run("down", "--remove")
    assert pid is None or not alive(pid)
    assert list(stack.data.glob("*/stacks/test")) == []


def test_a_killed_engine_loses_nothing_that_the_next_up_does_not_find(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    engine = child_named(running, "pulumi")
    assert engine is not None
    kill(engine.pid)
    _, error = running.communicate(timeout=150)
    assert running.returncode == 1, error
    assert "Traceback" not in error
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []
    stack.run("down", "--remove")
    assert list(stack.data.glob("*/stacks/test")) == []


def test_a_killed_command_line_loses_nothing_either(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    engine = child_named(running, "pulumi")
    kill(running.pid)
    running.communicate()
    until(lambda: engine is None or not engine.is_running(), "the engine gives up", 60)
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []


def test_a_reader_that_goes_away_does_not_stop_the_work(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    running.stdout.close()
    running.stderr.close()
    assert running.wait(timeout=150) in {0, 1}
    stack.run("up")
    assert stack.json("preview")["changes"] == []


def test_two_commands_on_one_stack_do_not_collide(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "the first one works", 60)
    error = stack.run("up", code=1).stderr
    assert "Another command is working on stack test" in error
    _, first = running.communicate(timeout=150)
    assert running.returncode == 0, first


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
