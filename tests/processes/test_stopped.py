"""Ctrl-C at any moment: 130, one line, and no work that goes on unseen. The engine is a stand-in that never ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provision.engine.pulumi_cli import wanted_version

_PROVISION = Path(sys.executable).with_name("provision")
_ENGINE = """#!{python}
import os, signal, sys, time
if sys.argv[-1] == "version":
    print("v{version}")
    sys.exit()
if "{manner}" == "at once":  # as an engine that has not yet said what happens at Ctrl-C
    pass
elif "{manner}" == "in order":
    signal.signal(signal.SIGINT, lambda *_: (print("error: update cancelled", file=sys.stderr), sys.exit(255)))
else:  # it was done anyway
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
with open(os.path.join({folder!r}, "runs"), "w") as file:  # closed by hand: an exit in a destructor is ignored
    file.write(str(os.getpid()))
for _ in range(600):  # a signal just before one long sleep would wait for its end
    time.sleep(0.1)
"""
_STATE = {"version": 3, "checkpoint": {"stack": "organization/shop/dev", "latest": {"resources": []}}}


@pytest.fixture(params=["at once", "in order", "done anyway"])
def project(request, tmp_path):
    """A project, with a stand-in for the engine on PATH."""
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    engine.write_text(
        _ENGINE.format(
            python=sys.executable, version=wanted_version(), manner=request.param, folder=str(tmp_path)
        )
    )
    engine.chmod(0o755)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  provision:profile: test\n")
    return tmp_path


def _begin(project, *arguments):
    variables = {
        **os.environ,
        "PATH": f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PROVISION_DATA_DIR": str(project / "data"),
        "PROVISION_CACHE_DIR": str(project / "cache"),
        "NO_COLOR": "1",
    }
    return subprocess.Popen(
        [_PROVISION, "-C", str(project), *arguments],
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _interrupted(running, project, number=signal.SIGINT):
    file = project / "runs"
    end = time.monotonic() + 30
    while not (file.exists() and file.read_text()):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    running.send_signal(number)
    output, errors = running.communicate(timeout=30)
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)
    return output, errors


@pytest.mark.parametrize("command", ["up", "preview", "drift"])
def test_an_operation_that_is_stopped_exits_with_130(project, command):
    running = _begin(project, command)
    _, errors = _interrupted(running, project)
    assert running.returncode == 130
    assert "Stopped." in errors
    assert "without a word" not in errors


def _make_state(project):
    from provision.config.project import Project

    home = Project.at(project).home
    state = project / "data" / home.name / "state/.pulumi/stacks/shop/dev.json"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps(_STATE))
    (project / "data" / "passphrase").write_text("p" * 40)
    (project / "data" / "passphrase").chmod(0o600)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["up", "down"])
def test_what_was_stopped_half_way_names_the_stack_in_both_ways_on(project, command, number):
    _make_state(project)
    running = _begin(project, command)
    _, errors = _interrupted(running, project, number)
    assert running.returncode == 130
    assert "Stopped. What was made so far is recorded." in errors
    where = f"-s dev -C {project}"
    ways = f"`provision up {where}` goes on from here, `provision down {where}` removes it."
    assert ways in " ".join(errors.split())


def test_a_question_that_is_stopped_is_130_in_json_too(project):
    _make_state(project)
    running = _begin(project, "status", "--json")
    output, _ = _interrupted(running, project)
    assert running.returncode == 130
    assert json.loads(output)["error"]["what"] == "Stopped."


@pytest.mark.parametrize("project", ["at once"], indirect=True)
@pytest.mark.parametrize("delay", [0.06, 0.1, 0.2, 0.4, 0.8])
def test_at_any_moment_it_is_130_and_no_traceback(project, delay):
    running = _begin(project, "up")
    try:
        time.sleep(delay)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode in {130, -signal.SIGINT}, errors  # the second before Python itself has begun
    assert "without a word" not in errors
    if running.returncode == 130:
        assert "Stopped." in errors
        assert "Traceback" not in errors
    if (project / "runs").exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int((project / "runs").read_text()), 0)
