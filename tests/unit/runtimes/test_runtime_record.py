"""The record of a stack's runtime: lost, broken, and found again in the state."""

from __future__ import annotations

import pytest

from provision._lib.errors import ProvisionError
from provision.config.project import Project
from provision.engine import live_stack, pulumi_cli
from provision.engine.backend import Backend
from provision.engine.operation import Engine
from provision.runtimes import runtime_record
from provision.runtimes.runtime_record import RuntimeRecord
from provision.stack.objects.runtime import Runtime

_STATE = [
    {"type": "pulumi:pulumi:Stack"},
    {"type": "provision:index:Runtime", "inputs": {"runtime": "docker", "mark": "0a", "home": "/x"}},
]


@pytest.fixture
def stack(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  provision:runtime: auto\n")
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.setattr(pulumi_cli, "find_or_install", lambda _: tmp_path / "pulumi")
    return Project.find(tmp_path).stack("dev")


@pytest.fixture
def broken(stack):
    """The file of a broken record."""
    stack.home.mkdir(parents=True)
    file = stack.home / "runtime.json"
    file.write_text('{"runtime": "process"')
    return file


def test_the_state_has_the_record_under_the_type_of_its_resource():
    assert str(Runtime.token) == runtime_record.RESOURCE_TYPE


def test_a_lost_record_is_found_in_the_state(stack, monkeypatch):
    assert runtime_record.known(stack.home, lambda: _STATE) == RuntimeRecord("docker", "0a")
    assert runtime_record.known(stack.home, tuple) is None
    monkeypatch.setattr(Backend, "resources", lambda _: _STATE)
    assert live_stack.runtime(stack).name == "docker"
    assert Engine(stack, None).live().mark == "0a"


def test_the_record_counts_before_the_state(stack):
    runtime_record.write(stack.home, RuntimeRecord("process", "0b"))
    assert runtime_record.known(stack.home, lambda: _STATE) == RuntimeRecord("process", "0b")


def test_a_broken_record_is_named_with_what_to_do(stack, broken):
    with pytest.raises(ProvisionError, match=r"runtime\.json is broken") as error:
        live_stack.runtime(stack)
    assert "`provision down -s STACK`" in error.value.do
    assert broken.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"runtime": 5, "mark": ""}', '{"runtime": "process", "mark": null}']
)
def test_a_record_of_another_form_is_broken(stack, broken, text):
    broken.write_text(text)
    with pytest.raises(ProvisionError, match=r"runtime\.json is broken"):
        runtime_record.read(stack.home)
    assert runtime_record.readable(stack.home) is None


_DAMAGED = ["", "{", "[]", '{"runtime": "docker", "mark": 5}', "\0" * 40, "[" * 100_000]


@pytest.mark.parametrize("text", _DAMAGED, ids=range(len(_DAMAGED)))
def test_a_broken_record_is_read_from_the_state_instead(stack, broken, text, monkeypatch):
    broken.write_text(text)
    assert runtime_record.known(stack.home, lambda: _STATE) == RuntimeRecord("docker", "0a")
    monkeypatch.setattr(Backend, "resources", lambda _: _STATE)
    assert live_stack.runtime(stack).name == "docker"
    assert Engine(stack, None).live().mark == "0a"


@pytest.mark.parametrize("text", [*_DAMAGED, None], ids=range(len(_DAMAGED) + 1))
def test_the_next_operation_writes_a_broken_or_lost_record_anew(stack, broken, text):
    broken.unlink() if text is None else broken.write_text(text)
    assert Backend(stack).mend_record({"latest": {"resources": _STATE}})
    assert runtime_record.read(stack.home) == RuntimeRecord("docker", "0a")
    assert broken.stat().st_mode & 0o777 == 0o600
    assert not Backend(stack).mend_record({"latest": {"resources": _STATE}}), "once"


def test_without_a_copy_in_the_state_a_broken_record_stays_as_it_is(stack, broken):
    for resources in (None, [], [{"type": runtime_record.RESOURCE_TYPE, "inputs": {"mark": 5}}]):
        assert not Backend(stack).mend_record({"latest": {"resources": resources}})
    assert broken.read_text() == '{"runtime": "process"'


def test_only_a_broken_record_is_removed(stack, broken):
    assert runtime_record.remove_broken(stack.home)
    assert not broken.exists()
    assert not runtime_record.remove_broken(stack.home)
    runtime_record.write(stack.home, RuntimeRecord("process", "0b"))
    assert not runtime_record.remove_broken(stack.home)
    assert broken.exists()
