"""Which runtime a stack uses, with a stand-in for the look whether containers can be had."""

from __future__ import annotations

import pytest

from provision._lib.errors import ProvisionError
from provision.config.stack_config import read
from provision.core.handler import Context
from provision.runtimes import runtime_record
from provision.runtimes.choice import choose
from provision.runtimes.docker import daemon
from provision.runtimes.runtime_record import RuntimeRecord
from provision.stack.objects.runtime import Runtime, RuntimeHandler

_SECRET = {"adminClientSecret": "x" * 16}
_ELSEWHERE = {"keycloak": {"url": "https://login.example.org"}, **_SECRET}
_GONE = ProvisionError("The Docker daemon does not answer.", "Start it.")


@pytest.fixture(params=[None, _GONE], ids=["containers can be had", "no containers can be had"])
def missing(request, monkeypatch):
    monkeypatch.setattr(daemon, "missing", lambda: request.param)
    return request.param


@pytest.fixture
def calls():
    return RuntimeHandler(Context(log=lambda _: None))


def chosen(runtime, home, **values):
    """The choice for a stack file."""
    return choose(read({"runtime": runtime, **values}, source="f"), home)


def test_a_stack_that_is_not_up_gets_what_its_file_says(tmp_path, missing):
    assert chosen("process", tmp_path).runtime.name == "process"
    assert chosen("external", tmp_path, **_ELSEWHERE).runtime.name == "external"
    if missing is None:
        assert chosen("docker", tmp_path).runtime.name == "docker"
    else:
        with pytest.raises(ProvisionError, match=r"does not answer") as error:
            chosen("docker", tmp_path)
        assert "`runtime: process`" in error.value.do


def test_auto_takes_what_can_be_had_and_says_so(tmp_path, missing):
    choice = chosen("auto", tmp_path)
    assert choice.runtime.name == ("docker" if missing is None else "process")
    assert "auto takes" in choice.why
    assert (missing is None) is ("does not answer" not in choice.why)


def test_auto_stays_with_processes_whatever_appears(tmp_path, missing):
    runtime_record.write(tmp_path, RuntimeRecord("process", "0a"))
    choice = chosen("auto", tmp_path)
    assert choice.runtime.name == "process"
    assert "stays with process" in choice.why


def test_auto_stays_with_containers_or_says_what_they_need(tmp_path, missing):
    runtime_record.write(tmp_path, RuntimeRecord("docker", "0a"))
    if missing is None:
        assert chosen("auto", tmp_path).runtime.name == "docker"
        return
    with pytest.raises(
        ProvisionError, match=r"runs in containers\. The Docker daemon does not answer"
    ) as error:
        chosen("auto", tmp_path)
    assert "process" not in error.value.do


def test_auto_takes_no_runtime_that_the_stack_file_does_not_fit(tmp_path, missing):
    own = {"server": {"image": "registry.example.org/weather@sha256:0"}}
    if missing is None:
        assert chosen("auto", tmp_path, **own).runtime.name == "docker"
        return
    with pytest.raises(
        ProvisionError, match=r"can't take processes: server\.image is for runtime: docker"
    ) as error:
        chosen("auto", tmp_path, **own)
    assert "does not answer" in error.value.what


@pytest.mark.usefixtures("missing")
def test_auto_stays_with_no_runtime_that_the_stack_file_does_not_fit(tmp_path):
    runtime_record.write(tmp_path, RuntimeRecord("process", "0a"))
    with pytest.raises(
        ProvisionError, match=r"runs as processes.*: server\.image is for runtime: docker"
    ) as error:
        chosen("auto", tmp_path, server={"image": "registry.example.org/weather@sha256:0"})
    assert "provision down" in error.value.do


@pytest.mark.parametrize(("there", "declared"), [("process", "docker"), ("docker", "process")])
@pytest.mark.usefixtures("missing")
def test_a_stack_that_is_up_is_not_moved(tmp_path, there, declared):
    runtime_record.write(tmp_path, RuntimeRecord(there, "0a"))
    with pytest.raises(ProvisionError, match=f"its file says `runtime: {declared}`") as error:
        chosen(declared, tmp_path)
    assert "provision down" in error.value.do


def test_a_broken_record_is_named(tmp_path):
    (tmp_path / "runtime.json").write_text('{"runtime": "docker"')
    with pytest.raises(ProvisionError, match=r"runtime\.json is broken"):
        chosen("auto", tmp_path)


def test_a_broken_record_is_no_hindrance_where_the_stack_file_names_the_runtime(tmp_path):
    (tmp_path / "runtime.json").write_text('{"runtime": "docker"')
    assert chosen("process", tmp_path).runtime.name == "process"


@pytest.fixture
def stack_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path))
    return tmp_path / "demo-01234567" / "stacks" / "dev"


def test_the_mark_is_chosen_once_and_kept_by_the_state_and_by_the_file(stack_home, calls):
    spec = Runtime(home=str(stack_home), runtime="docker")
    first = calls.fill_defaults(spec, None)
    assert len(first.mark) == 16
    assert calls.fill_defaults(spec, first).mark == first.mark
    assert calls.fill_defaults(spec, None).mark != first.mark, "nothing knows it"
    calls.create(first)
    assert calls.fill_defaults(spec, None).mark == first.mark, "a run that was killed wrote it"


@pytest.mark.parametrize("by_state", [True, False])
def test_the_provider_refuses_another_runtime_too(stack_home, calls, by_state):
    first = calls.fill_defaults(Runtime(home=str(stack_home), runtime="docker"), None)
    if not by_state:
        calls.create(first)
    with pytest.raises(ProvisionError, match="runs in containers"):
        calls.fill_defaults(Runtime(home=str(stack_home), runtime="process"), first if by_state else None)


def test_a_lost_file_is_no_drift_and_is_written_again(stack_home, calls):
    spec = calls.fill_defaults(Runtime(home=str(stack_home), runtime="docker"), None)
    assert calls.needs_update(spec, {}) is not None
    found = calls.find(spec)
    assert found.spec == spec
    calls.update(found, spec)
    assert calls.needs_update(spec, {}) is None
    assert runtime_record.read(stack_home) == RuntimeRecord("docker", spec.mark)
    calls.delete(calls.find(spec))
    assert runtime_record.read(stack_home) is None


def test_a_broken_file_is_written_again_as_the_state_knows_it(stack_home, calls):
    spec = calls.fill_defaults(Runtime(home=str(stack_home), runtime="docker"), None)
    calls.create(spec)
    (stack_home / "runtime.json").write_text("{")
    assert calls.fill_defaults(Runtime(home=str(stack_home), runtime="docker"), spec).mark == spec.mark
    assert calls.needs_update(spec, {}) is not None
    assert calls.find(spec).spec == spec
    with pytest.raises(ProvisionError, match="runs in containers"):
        calls.fill_defaults(Runtime(home=str(stack_home), runtime="process"), spec)
    with pytest.raises(ProvisionError, match=r"runtime\.json is broken"):
        calls.fill_defaults(Runtime(home=str(stack_home), runtime="docker"), None)
