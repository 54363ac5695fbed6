"""A stack in containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.contained_stack import ContainedStack
from tests.support.container_limits import CHECKS, Running

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAP = "-Xmx640m"
_MORE = f'  provision:keycloak: {{javaOptions: ["{_HEAP}"]}}\n'
_SEVERAL = """\
  provision:servers:
    - {name: calculator, scope: {name: "mcp:tools"}, clientId: mcp-server}
    - {name: weather, verifier: jwt}
"""
# The first run builds the images.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def contained(docker, tmp_path_factory) -> Iterator[ContainedStack]:
    stack = ContainedStack(tmp_path_factory.mktemp("contained"), docker, more=_MORE)
    stack.run("up")
    yield stack
    stack.clean_up()


@pytest.fixture(scope="module")
def secrets(contained) -> frozenset[str]:
    shown = contained.json("status", "--show-secrets")
    return frozenset(
        {
            shown["admin"]["client_secret"],
            shown["servers"][0]["introspection"]["client_secret"],
            shown["demo_user"]["password"],
        }
    )


def failed(proofs: list[dict]) -> list[dict]:
    return [proof for proof in proofs if not proof["ok"]]


def test_every_proof_holds_and_there_is_nothing_more_to_do(contained):
    assert contained.json("preview", "--refresh")["changes"] == []
    proofs = contained.json("verify")["proofs"]
    assert failed(proofs) == []
    assert {"registration", "tools", "refused-expired"} <= {proof["id"] for proof in proofs}


@pytest.mark.parametrize("line", CHECKS)
@pytest.mark.parametrize("name", ["keycloak", "calculator"])
def test_a_container_may_do_no_more_than_the_table_says(contained, docker, secrets, name, line):
    full_name = f"{contained.name}-{name}"
    CHECKS[line](Running(docker, name, full_name, contained.name, secrets))


def test_doctor_shows_the_daemon(contained, docker):
    parts = {item["part"]: item for item in contained.json("doctor", code=None)["parts"]}
    version = docker.run("version", "--format", "{{.Server.Version}}").strip()
    assert parts["Docker"]["state"] == "found"
    assert parts["Docker"]["where"].startswith(f"{version}, ")
    assert parts["Docker plugin"]["state"] == "found"


def test_the_table_is_of_all_containers_that_run(contained):
    assert contained.running() == {"keycloak", "calculator"}


def test_no_secret_is_in_the_state(contained, secrets):
    states = "".join(path.read_text() for path in contained.data.rglob("*.json") if "stacks" in path.parts)
    assert "calculator-secrets" in states
    assert not [secret for secret in secrets if secret in states]


def test_options_of_the_java_machine_come_to_it_and_the_start_up_cache_stays(contained, docker):
    name = f"{contained.name}-keycloak"
    assert _HEAP in docker.run("exec", name, "cat", "/proc/1/cmdline").split("\0")
    assert "start.aot" in docker.run("exec", name, "cat", "/proc/1/maps")


def test_a_machine_that_cannot_limit_swap_has_nothing_to_do_for_ever(contained, docker):
    """Docker says -1 there, whatever is declared; here it is told so."""
    docker.run("update", "--memory-swap=-1", f"{contained.name}-calculator")
    assert contained.json("preview", "--refresh")["changes"] == []


def test_what_somebody_removed_comes_back_with_a_refresh(contained, docker):
    docker.run("rm", "--force", f"{contained.name}-calculator")
    contained.run("up", "--refresh")
    assert contained.json("preview", "--refresh")["changes"] == []
    assert failed(contained.json("verify", "tools")["proofs"]) == []


def test_lost_data_is_made_anew(contained, docker):
    name = contained.name
    docker.run("rm", "--force", f"{name}-keycloak", f"{name}-keycloak-secrets")
    docker.run("volume", "rm", f"{name}-keycloak-data")
    contained.run("up", "--refresh")
    assert contained.json("preview", "--refresh")["changes"] == []
    assert failed(contained.json("verify")["proofs"]) == []


def test_several_servers_run_in_containers_of_their_own(contained):
    contained.write(_MORE + _SEVERAL)
    contained.run("up")
    assert contained.json("preview", "--refresh")["changes"] == []
    assert contained.running() == {"keycloak", "calculator", "weather"}
    proofs = contained.json("verify")["proofs"]
    assert failed(proofs) == []
    refused = {proof["server"] for proof in proofs if proof["id"] == "refused-other-server"}
    assert refused == {"calculator", "weather"}
    contained.write(_MORE)
    contained.run("up")
    assert contained.running() == {"keycloak", "calculator"}


def test_down_leaves_nothing(docker, tmp_path):
    stack = ContainedStack(tmp_path, docker)
    kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"), ("image", "ls", "--all"))
    try:
        stack.run("up")
        assert all(stack.of_it(*kind) for kind in kinds)
        stack.run("down")
        assert [kind for kind in kinds if stack.of_it(*kind)] == []
    finally:
        stack.clean_up()
