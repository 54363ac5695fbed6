"""What the engine and a Python program get from the language host: the official one, or else our stand-in."""

from __future__ import annotations

import json
import platform
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest

from provision._lib.progress import Silent
from provision.engine.pulumi_cli import find_or_install
from tests.support.plain_pulumi import Pulumi, python_language_host
from tests.support.stack_cli import until

FAILED = 1
STAND_IN = Path(__file__).parents[1] / "support" / "python_host"
stand_in_only = pytest.mark.skipif(
    python_language_host(find_or_install(Silent())) != STAND_IN, reason="an official language host is here"
)
_PROJECT = "name: small\nruntime: {{name: python, options: {{{options}}}}}\n"
_IN_OUR_PYTHON = f"toolchain: pip, virtualenv: {sys.prefix}"
_TOLD = """\
import os, sys, pulumi

config = pulumi.Config()
print("dry run:", pulumi.runtime.is_dry_run())
print("said to standard error", file=sys.stderr)
pulumi.export("names", [pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()])
pulumi.export("folders", [pulumi.runtime.get_root_directory(), os.getcwd(), os.environ["VIRTUAL_ENV"], sys.prefix])
pulumi.export("plain", config.require_object("plain"))
pulumi.export("secret", config.require_secret("secret"))
"""


class Project(Pulumi):
    """With a program in Python."""

    def write(self, text: str, options: str = _IN_OUR_PYTHON) -> None:
        self.program(_PROJECT.format(options=options))
        (self.folder / "__main__.py").write_text(text)


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    project.write("")
    project("stack", "init", "dev")
    return project


def test_a_program_knows_where_and_how_it_runs(project):
    project.write(_TOLD)
    project("config", "set", "--path", "plain.list[0]", "one")
    project("config", "set", "--secret", "secret", stdin="a-word-of-mine")
    assert "dry run: True" in project("preview")
    shown = project("up", "-y", "--skip-preview")
    assert "dry run: False" in shown
    assert "said to standard error" in shown
    assert "a-word-of-mine" not in shown
    outputs = json.loads(project("stack", "output", "--json", "--show-secrets"))
    folder = str(project.folder)
    assert outputs == {
        "names": ["organization", "small", "dev"],
        "folders": [folder, folder, sys.prefix, sys.prefix],
        "plain": {"list": ["one"]},
        "secret": "a-word-of-mine",
    }


def test_an_error_that_the_program_words_itself_has_no_traceback(project):
    project.write("import pulumi\nraise pulumi.RunError('The port is missing.')\n")
    shown = project("preview", code=FAILED)
    assert "The port is missing." in shown
    assert "Traceback" not in shown


def test_any_other_error_has_the_traceback_of_the_program_alone(project):
    project.write("def deeper():\n    return 1 / 0\n\ndeeper()\n")
    shown = project("preview", code=FAILED)
    assert "Program failed with an unhandled exception" in shown
    assert "__main__.py" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert "run_path" not in shown
    assert "exit code" not in shown


def test_an_exit_code_of_the_program_is_told(project):
    project.write("import sys\nsys.exit(7)\n")
    assert "program exited with non-zero exit code: 7" in project("preview", code=FAILED)


def test_a_folder_without_a_program_is_named(project):
    (project.folder / "__main__.py").unlink()
    shown = project("preview", code=FAILED)
    assert "unable to find main python program `__main__.py`" in shown
    assert "Traceback" not in shown


def test_a_virtual_environment_that_is_not_there_is_named(project):
    (project.folder / "elsewhere").mkdir()
    (project.folder / "elsewhere" / "file").touch()
    project.write("", options="toolchain: pip, virtualenv: elsewhere")
    shown = project("preview", code=FAILED)
    assert "'virtualenv' option in Pulumi.yaml is set to" in shown
    assert f"{project.folder}/elsewhere" in shown


@stand_in_only
def test_the_stand_in_refuses_what_it_does_not_know(project):
    for options in ("toolchain: uv", f"{_IN_OUR_PYTHON}, typechecker: mypy"):
        project.write("", options=options)
        assert "knows `toolchain: pip` only" in project("preview", code=FAILED)
    (project.folder / "uv.lock").touch()  # by which the official one takes uv
    project.write("", options=f"virtualenv: {sys.prefix}")
    assert "knows `toolchain: pip` only" in project("preview", code=FAILED)


@pytest.fixture
def with_a_package(project):
    """In an environment that has the package of a Pulumi plugin too; its plugin is not on PATH."""
    site = project.folder / "site"
    for name, text in {
        "pulumi_thing/__init__.py": "",
        "pulumi_thing/pulumi-plugin.json": '{"resource": true, "name": "thing", "version": "1.2.3"}',
        "pulumi_thing-1.2.3.dist-info/METADATA": "Metadata-Version: 2.1\nName: pulumi_thing\nVersion: 1.2.3\n",
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    _executable(project.folder / "env" / "bin" / "python", f'PYTHONPATH={site} exec {sys.executable} "$@"')
    project.write("", options="toolchain: pip, virtualenv: env")
    return project


def _executable(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def _document(text: str) -> dict:
    return json.JSONDecoder().raw_decode(text[text.index("{") :])[0]


def test_what_is_installed_is_known(with_a_package):
    about = _document(with_a_package("about", "--json"))
    assert about["runtime"]["language"] == "python"
    assert about["runtime"]["version"] == platform.python_version()
    assert {"name": "pulumi-thing", "version": "1.2.3"} in about["dependencies"]
    assert "grpcio" not in {item["name"] for item in about["dependencies"]}  # another package needs it


def test_the_plugins_of_installed_packages_are_asked_for(with_a_package):
    _executable(with_a_package.folder / "plugins" / "pulumi-resource-thing", "exit 1")
    with_a_package.variables["PATH"] += f":{with_a_package.folder}/plugins"
    assert re.search(r"^thing +resource", with_a_package("plugin", "ls", "--project"), re.MULTILINE)


@stand_in_only
def test_the_stand_in_makes_the_engine_fetch_nothing(with_a_package):
    shown = with_a_package("preview", "--logtostderr", "-v=7")
    assert "ensurePluginsAreInstalled(): completed" in shown.replace("Ensure", "ensure")
    assert "installPlugin(" not in shown


def _running(project, *, stubborn: bool):
    ignore = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" if stubborn else ""
    project.write(ignore + _ENDLESS)
    process = project.begin("up", "-y", "--skip-preview")
    mark = project.folder / "pid"
    until(mark.is_file, "the program runs")
    return process, [psutil.Process(int(mark.read_text())), *psutil.Process(process.pid).children()]


_ENDLESS = """\
import os, pathlib, time

pathlib.Path("pid.new").write_text(str(os.getpid()))
os.rename("pid.new", "pid")
time.sleep(600)
"""


@pytest.mark.parametrize("stubborn", [False, True])
def test_an_interrupt_ends_the_program_and_frees_the_stack(project, stubborn):
    process, others = _running(project, stubborn=stubborn)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    _, left = psutil.wait_procs(others, 20)
    assert left == []
    project.write("")
    project("up", "-y", "--skip-preview")


@pytest.mark.parametrize("stubborn", [False, True])
def test_an_engine_that_is_killed_leaves_no_process(project, stubborn):
    process, others = _running(project, stubborn=stubborn)
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(others, 20)
    assert left == []
