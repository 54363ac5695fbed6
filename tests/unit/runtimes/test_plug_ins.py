"""Runtimes are plug-ins: found by their folders, loaded when they are named, and told apart by nobody else."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import provision
from provision._lib import plug_ins
from provision._lib.errors import ProvisionError
from provision.config import runtimes
from provision.config.stack_config import StackConfig
from provision.core.registry import catalogue
from provision.rules.sources.adapters import any_resource
from provision.rules.sources.program import is_surrounding, snapshot
from provision.rules.sources.resource_input import ResourceInput
from provision.runtimes import registry
from provision.runtimes.protocol import Finding, LiveStack, RunningProcess, Runtime
from tests.support.syntax import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = Path(provision.__file__).parent
_OWN = plug_ins.own("provision.runtimes")
_FOURTH = Path(__file__).parents[2] / "support" / "fourth_runtime"


def _sources() -> Iterator[Path]:
    """Modules that may not know which runtime is which: all but the runtimes' own and what finds them."""
    for path in _PACKAGE.rglob("*.py"):
        parts = path.relative_to(_PACKAGE).parts
        in_a_runtime = parts[0] == "runtimes" and parts[1] in _OWN
        if not in_a_runtime and path != _PACKAGE / "runtimes" / "registry.py":
            yield path


def _asks(tree: ast.AST) -> Iterator[int]:
    """Lines that compare with the name of a runtime, match it, or choose by it from a dict."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            asked = [node.value]
        elif isinstance(node, ast.Dict) and len(named := [key for key in node.keys if _is_name(key)]) > 1:
            asked = named[:1]
        else:
            continue
        for item in asked:
            inner = item.elts if isinstance(item, ast.Set | ast.Tuple | ast.List) else [item]
            if any(map(_is_name, inner)):
                yield node.lineno


def _is_name(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in {*_OWN, "auto"}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("if runtime == 'docker': pass", [1]),
        ("if 'process' != runtime: pass", [1]),
        ("x = runtime in {'process', 'external'}", [1]),
        ("{'docker': 1, 'process': 2}[runtime]", [1]),
        ("match runtime:\n case 'auto': pass", [2]),
        ("f('docker', ssl='external')", []),
    ],
)
def test_what_asks_for_a_runtime_is_seen(source, lines):
    assert list(_asks(ast.parse(source))) == lines


def test_nothing_outside_asks_which_runtime_it_is():
    found = [
        f"{path.relative_to(_PACKAGE)}:{line}"
        for path in _sources()
        for line in _asks(parsed(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize("name", _OWN)
def test_a_folder_is_a_runtime(name):
    assert name in runtimes.names()
    found = registry.runtime(name)
    assert isinstance(found, Runtime)
    assert found.name == name
    assert found.facts.singular


def test_an_unknown_runtime_is_named_with_the_known_ones():
    with pytest.raises(ProvisionError, match="no runtime 'cloud' on this machine; there are docker") as error:
        registry.runtime("cloud")
    assert "Install" in error.value.do


def test_the_schema_of_the_stack_file_lists_what_is_found():
    names = StackConfig.model_json_schema(by_alias=True)["properties"]["runtime"]["enum"]
    assert set(names) == {*_OWN, "auto"}


def test_auto_tries_containers_first_and_ends_with_what_can_always_be_had():
    assert runtimes.tried_by_auto() == ("docker", "process")
    assert registry.runtime(runtimes.tried_by_auto()[-1]).missing() is None


def test_the_own_kinds_of_a_runtime_are_in_the_catalogue():
    assert {"provision:process:Keycloak", "provision:docker:Port"} <= set(catalogue())


@pytest.fixture
def fourth(monkeypatch):
    """The runtime of another distribution, as if that were installed."""
    monkeypatch.syspath_prepend(str(_FOURTH))
    plug_ins.added.cache_clear()
    yield "scripted"
    plug_ins.added.cache_clear()
    runtimes.facts.cache_clear()
    registry.runtime.cache_clear()


def test_a_runtime_of_another_distribution_is_found_by_its_entry_point(fourth):
    assert runtimes.names()[-1] == fourth
    assert registry.runtime(fourth).facts.manner == "by scripts"
    assert StackConfig(runtime=fourth).runtime == fourth


def test_the_rules_read_the_kinds_of_a_runtime_of_another_distribution(fourth):
    inputs = {"home": "/srv/keycloak", "port": 8080.0, "javaOptions": []}
    found = snapshot([ResourceInput(f"provision:{fourth}:Keycloak", "keycloak", inputs)], "dev")
    assert [one.kind for one in found.resources if one.kind == "KeycloakServer"]


@pytest.mark.parametrize("name", _OWN)
def test_the_rules_judge_other_resources_with_what_a_runtime_runs(name):
    assert all(map(is_surrounding, runtimes.facts(name).rule_sources))


def test_the_rules_judge_other_resources_with_what_a_runtime_of_another_distribution_runs(fourth):
    assert is_surrounding(f"provision:{fourth}:Keycloak")
    assert not is_surrounding(f"provision:{fourth}:Other")


def test_the_rules_leave_the_programs_of_runtimes_to_their_own_rules(fourth):
    inputs = {"env": {"TOKEN": "x"}, "labels": {"owner": "x"}}
    for token in ("docker:index/container:Container", f"provision:{fourth}:Keycloak"):
        (found,) = any_resource.resources(ResourceInput(token, "it", inputs))
        assert found.peek("inputs") == {"labels": {"owner": "x"}}


def test_a_distribution_whose_modules_are_gone_is_named(fourth, monkeypatch):
    monkeypatch.setitem(sys.modules, "scripted_runtime.facts", None)
    runtimes.facts.cache_clear()
    with pytest.raises(
        ProvisionError, match="The runtime scripted of the distribution scripted-runtime can't be loaded"
    ):
        runtimes.facts(fourth)


def test_a_process_is_told_as_it_always_was():
    process = RunningProcess(name="keycloak", pid=None, log="/x/keycloak.log")
    assert process.as_json() == {"name": "keycloak", "pid": None, "log": "/x/keycloak.log"}
    assert not process.is_well
    container = RunningProcess(
        name="keycloak", pid=7, log="/x", container="p-keycloak", state="unhealthy", works=False
    )
    assert container.as_json() == {
        "name": "keycloak",
        "pid": 7,
        "log": "/x",
        "container": "p-keycloak",
        "state": "unhealthy",
    }
    assert not container.is_well


def test_what_another_runtime_lacks_is_not_needed():
    lacking = Finding("Docker", "missing", "Start it.")
    assert lacking.unless_needed().state == "not needed"
    assert Finding("Java", "found", "25").unless_needed().state == "found"


def test_a_stack_of_containers_that_left_no_record_has_nothing_to_look_at(tmp_path):
    stack = LiveStack(name="shop-dev", home=tmp_path, mark="", resources=tuple, is_alone=True)
    docker = registry.runtime("docker")
    said: list[str] = []
    assert docker.processes(stack) == ()
    assert not docker.before_up(stack, StackConfig, said.append)
    assert not docker.before_preview(stack, said.append)
    docker.before_down(stack, said.append)
    docker.stop(stack)
    assert said == []
