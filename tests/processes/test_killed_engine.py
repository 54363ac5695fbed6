"""Pulumi's engine is killed in each command that runs it: the error is ours, and names what to do. The engine is a stand-in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from provision.config.project import Project
from provision.engine.error_messages import killed
from provision.engine.operation import EngineError, readable
from provision.engine.pulumi_cli import wanted_version
from provision.engine.pulumi_process import CommandFailedError, CommandKilledError, finished

_PROVISION = Path(sys.executable).with_name("provision")
_ENGINE = """#!{python}
import os, signal, sys
if sys.argv[-1] == "version":
    print("v{version}")
    sys.exit()
if sys.argv[2:4] == ["stack", "init"]:
    sys.exit()
os.kill(os.getpid(), signal.{number})
"""
_STATE = {"version": 3, "checkpoint": {"stack": "organization/shop/dev", "latest": {"resources": []}}}
_CHANGING = (["down"],)  # `up` goes the same way; it would fetch a Keycloak beside this engine first
_ASKING = (["preview"], ["drift"], ["status"], ["verify"])


@pytest.fixture
def project(tmp_path):
    """A project with a state, and an engine on PATH that is killed as soon as it works."""
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    engine.write_text(_ENGINE.format(python=sys.executable, version=wanted_version(), number="SIGKILL"))
    engine.chmod(0o755)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  provision:profile: test\n")
    state = tmp_path / "data" / Project.at(tmp_path).home.name / "state/.pulumi/stacks/shop/dev.json"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps(_STATE))
    (tmp_path / "data" / "passphrase").write_text("p" * 40)
    (tmp_path / "data" / "passphrase").chmod(0o600)
    return tmp_path


def _run(project, *arguments):
    variables = {
        **os.environ,
        "PATH": f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PROVISION_DATA_DIR": str(project / "data"),
        "PROVISION_CACHE_DIR": str(project / "cache"),
        "NO_COLOR": "1",
        "COLUMNS": "500",
    }
    return subprocess.run(
        [_PROVISION, "-C", str(project), *arguments],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", [*_CHANGING, *_ASKING], ids=" ".join)
def test_the_signal_is_named_and_the_way_on(project, command):
    done = _run(project, *command)
    errors = " ".join(done.stderr.split())
    assert done.returncode == 1, done.stderr
    assert "Pulumi's engine was ended by SIGKILL" in errors
    assert "Nothing is lost" in errors
    assert "Traceback" not in errors
    if command in _CHANGING:
        where = f"-s dev -C {project}"
        assert f"`provision up {where}` goes on from here, `provision down {where}` removes it." in errors
    else:
        assert "Run the same command again." in errors


def test_in_json_it_is_an_error_too(project):
    done = _run(project, "preview", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["what"].startswith("Pulumi's engine was ended by SIGKILL")


def test_an_up_that_is_cut_off_names_the_way_on():
    with pytest.raises(EngineError) as error, readable(goes_on="dev"):
        raise CommandKilledError("", signal.SIGKILL)
    assert "what was made so far is recorded" in error.value.what
    assert "`provision up -s dev` goes on from here" in error.value.do


def _ended(script):
    return subprocess.Popen(
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("script", "by"),
    [
        ("kill -KILL $$", signal.SIGKILL),
        ("kill -SEGV $$", signal.SIGSEGV),
        ("sh -c 'kill -KILL $$'; exit $?", signal.SIGKILL),
    ],
)
def test_a_signal_is_known_by_the_exit_code_of_a_program_or_of_a_script_around_it(script, by):
    with _ended(script) as process, pytest.raises(CommandKilledError) as error:
        finished(process)
    assert error.value.by is by


@pytest.mark.parametrize("code", [1, 2, 128, 255])
def test_any_other_failure_is_none_by_a_signal(code):
    with (
        _ended(f"echo why >&2; exit {code}") as process,
        pytest.raises(CommandFailedError, match="why") as error,
    ):
        finished(process)
    assert not isinstance(error.value, CommandKilledError)


def test_memory_is_named_for_the_signal_of_the_kernel_only():
    assert "when memory runs out" in killed(signal.SIGKILL, "")[0]
    assert killed(signal.SIGSEGV, "")[0] == "Pulumi's engine was ended by SIGSEGV. Nothing is lost."
