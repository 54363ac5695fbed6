"""What an import loads, in an interpreter that has loaded nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_FOURTH = Path(__file__).parents[1] / "support" / "fourth_runtime"
_NOW = {
    "provision:keycloak:DefaultClientScope": "provision:keycloak:RealmClientScopeAssignment",
    "provision:keycloak:ClientDefaultScope": "provision:keycloak:ClientScopeAssignment",
}


def test_the_public_names_cost_nothing_until_they_are_used():
    code = (
        "import sys, provision.server; before = {name.partition('.')[0] for name in sys.modules};"
        "assert not before & {'pydantic', 'fastmcp', 'starlette', 'httpx2'}, before;"
        "from provision.server import protect, serve; from provision.server import own;"
        "assert (protect, serve) == (own.protect, own.serve)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_who_does_not_ask_for_them_does_not_load_them(document):
    code = (
        "import json, sys\n"
        "from provision.server.app import build_app\n"
        "from provision.server.audit import AuditTrail\n"
        "from provision.server.settings import Settings\n"
        "build_app(Settings.model_validate_json(sys.argv[1]), AuditTrail())\n"
        "print([name for name in ('prometheus_client', 'provision.server.tls', 'provision.server.stdio')"
        " if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(document)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_one_runtime_is_loaded_without_the_others_and_without_pulumi():
    code = (
        "import sys\n"
        "from provision.runtimes import registry\n"
        "registry.runtime('process')\n"
        "from provision._lib import plug_ins\n"
        "assert plug_ins.added.cache_info().currsize == 0, 'looking at every distribution takes its time'\n"
        "print([m for m in ('pulumi', 'docker', 'httpx', 'provision.runtimes.docker.runtime',"
        " 'provision.runtimes.external.runtime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("spoiled", "found"),
    [
        ("", "scripted_runtime.resources KeycloakHandler Keycloak"),
        ("import scripted_runtime.resources as r; r.MODULE = 'other'", "None None None"),
    ],
    ids=["its own module", "another module"],
)
def test_the_kinds_of_a_runtime_of_another_distribution_are_found_by_the_module_that_their_package_names(
    spoiled, found
):
    code = (
        f"import sys; sys.path.insert(0, {str(_FOURTH)!r}); {spoiled}\n"
        "from provision import resources\n"
        "from provision.core.registry import home, kind\n"
        "names = (home('scripted'), kind('provision:scripted:Keycloak'))\n"
        "scripted = getattr(resources, 'scripted', None)\n"
        "names += (scripted and scripted.Keycloak,)\n"
        "print(*(name and name.__name__ for name in names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found


@pytest.mark.parametrize("module", ["keycloak", "managed_process", "preparation"])
def test_importing_the_runtime_loads_nothing_heavy(module):
    code = f"import sys, provision.runtimes.process.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"pulumi", "keycloak", "httpx", "cryptography", "psutil", "filelock", "platformdirs", "pydantic"}
    assert not heavy & set(loaded)


def test_one_kind_is_found_without_loading_another():
    code = (
        "import sys; from provision.core.registry import kind; kind('provision:index:Runtime');"
        "print([name for name in sys.modules if name.startswith('provision.') and name.split('.')[-2] in ('objects', 'resources')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['provision.stack.objects.runtime']"


def test_importing_the_resources_opens_no_door_to_keycloak():
    """The library takes a fifth of a second to import; only a call on Keycloak needs it."""
    code = "import provision.stack.pulumi_program, provision.provider.host, sys; print('keycloak' in sys.modules, 'httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(("former", "now"), _NOW.items())
class TestAFormerName:
    def test_the_provider_answers_to_it_when_nothing_is_loaded_yet(self, former, now):
        code = f"from provision.core.registry import kind; print(kind({former!r}).spec.token)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == now
