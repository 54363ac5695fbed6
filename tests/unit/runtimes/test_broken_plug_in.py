"""A runtime of another distribution that can't be loaded: only a stack that names it fails."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from provision._lib import plug_ins
from provision._lib.errors import ProvisionError
from provision.cli.main import cli
from provision.config import runtimes
from provision.config.project import Project
from provision.config.stack_config import StackConfig, read
from provision.engine.operation import Engine
from provision.runtimes import registry, runtime_record
from provision.runtimes.choice import choose
from provision.runtimes.docker import daemon
from provision.runtimes.runtime_record import RuntimeRecord
from provision.stack.objects.runtime import Runtime

_FACTS = (
    "from provision.config.runtimes import RuntimeFacts\n"
    "FACTS = RuntimeFacts(singular='fog', plural='fogs', manner='in fog', server_key='command', auto_order={order})\n"
)
_FIRST, _LAST = _FACTS.format(order=0), _FACTS.format(order=99)
_MESSAGE = "The runtime fog of the distribution fog-runtime can't be loaded: "


@pytest.fixture(
    params=[
        None,
        {"__init__": "this is no Python"},
        {"__init__": "raise RuntimeError('no fog today')"},
        {"__init__": "", "facts": "FACTS = {}"},
        {"__init__": "", "facts": "", "runtime": ""},
        {"__init__": "", "facts": _FIRST},
        {"__init__": "", "facts": _LAST},
        {"__init__": "", "facts": _FIRST, "runtime": "def RUNTIME(name): raise KeyError(name)"},
    ],
    ids=[
        "no package",
        "a syntax error",
        "another error",
        "facts of another type",
        "no facts",
        "no module runtime, tried first",
        "no module runtime, tried last",
        "a class that fails",
    ],
)
def broken(request, tmp_path, monkeypatch):
    """The modules of the broken runtime, installed with an entry point, and a daemon that does not answer."""
    site = tmp_path / "site"
    metadata = site / "fog_runtime-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: fog-runtime\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[provision.runtimes]\nfog = fog_runtime\n")
    if request.param is not None:
        (site / "fog_runtime").mkdir()
        for module, text in request.param.items():
            (site / "fog_runtime" / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(daemon, "missing", lambda: ProvisionError("The daemon does not answer."))
    _forget(monkeypatch)
    yield request.param
    _forget(monkeypatch)


def _forget(monkeypatch):
    import sys

    for cached in (plug_ins.added, runtimes.facts, registry.runtime):
        cached.cache_clear()
    for module in [name for name in sys.modules if name.startswith("fog_runtime")]:
        monkeypatch.delitem(sys.modules, module)


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """Writes a stack file with a runtime and returns the stack."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))

    def write(runtime):
        (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  provision:runtime: {runtime}\n")
        return Project.find(tmp_path).stack("dev")

    return write


@pytest.mark.usefixtures("broken")
def test_auto_leaves_it_out(tmp_path, stack):
    assert choose(read({"runtime": "auto"}, source="f"), tmp_path).runtime.name == "process"
    assert registry.of_stack(stack("auto")).name == "process"


@pytest.mark.usefixtures("broken")
def test_its_name_is_listed_without_loading_it():
    assert runtimes.names()[-1] == "fog"
    assert "fog" in StackConfig.model_json_schema(by_alias=True)["properties"]["runtime"]["enum"]
    assert "process" in Runtime.model_json_schema()["properties"]["runtime"]["enum"]


@pytest.mark.usefixtures("broken")
def test_an_error_of_the_engine_is_explained_without_it(stack):
    engine = Engine(stack("process"), None)
    assert {runtime.name for runtime in engine._explaining()} == set(plug_ins.own(runtimes.PACKAGE))


@pytest.mark.parametrize(
    "record", ["{", json.dumps({"runtime": "fog", "mark": "0a"})], ids=["broken", "of it"]
)
@pytest.mark.usefixtures("broken")
def test_a_record_does_not_hide_the_error_of_the_engine(stack, record):
    engine = Engine(stack("process"), None)
    engine.stack.home.mkdir(parents=True)
    (engine.stack.home / "runtime.json").write_text(record)
    assert "fog" not in {runtime.name for runtime in engine._explaining()}


@pytest.mark.usefixtures("broken")
def test_a_stack_that_names_it_or_is_up_in_it_fails_with_its_name_and_distribution(stack):
    with pytest.raises(ProvisionError, match=_MESSAGE) as error:
        choose(stack("fog").config(), stack("fog").home)
    assert "Update fog-runtime" in error.value.do
    with pytest.raises(ProvisionError, match=_MESSAGE):
        registry.of_stack(stack("fog"))
    runtime_record.write(stack("auto").home, RuntimeRecord("fog", "0a"))
    with pytest.raises(ProvisionError, match=_MESSAGE):
        choose(stack("auto").config(), stack("auto").home)


@pytest.mark.parametrize(
    ("runtime", "state"), [("process", "not needed"), ("auto", "not needed"), ("fog", "missing")]
)
@pytest.mark.usefixtures("broken")
def test_doctor_shows_it(tmp_path, stack, runtime, state):
    stack(runtime)
    done = CliRunner().invoke(cli, ["-C", str(tmp_path), "doctor", "--json"])
    parts = {item["part"]: item for item in json.loads(done.output)["parts"]}
    shown = parts["Runtime" if state == "missing" else "Runtime fog"]
    assert (shown["state"], _MESSAGE in shown["where"]) == (state, True)
    assert done.exit_code == (state == "missing")
    assert "Java" in parts
