"""A stack in containers: pulumi-docker's plugin, or its stand-in, and a real daemon."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from provision.runtimes.docker.daemon import PLUGIN
from tests.support import base_images
from tests.support.stack_cli import ROOT, StackCli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.docker_daemon import Docker

_STAND_IN = ROOT / "tests" / "support" / "docker_plugin"
_FILE = """\
config:
  provision:profile: test
  provision:runtime: docker
  provision:docker: {{baseImages: {{keycloak: "{keycloak}", python: "{python}"}}}}
  provision:realm: {{name: mcp-test}}
"""
_BUILD_SECONDS = 900
_LABEL = "label=mcp-provision.stack=provision-test"


@pytest.fixture(scope="module")
def contained(docker: Docker, tmp_path_factory) -> Iterator[StackCli]:
    path = os.environ["PATH"] if shutil.which(PLUGIN) else f"{_STAND_IN}{os.pathsep}{os.environ['PATH']}"
    stack = StackCli(
        tmp_path_factory.mktemp("contained"),
        environment={**docker.environment, "PATH": path},
        patience=_BUILD_SECONDS,
    )
    bases = {"keycloak": base_images.keycloak(docker), "python": base_images.python(docker)}
    (stack.project / "Pulumi.test.yaml").write_text(_FILE.format(**bases))
    stack.run("up")
    yield stack
    stack.clean_up()


def containers(docker: Docker) -> dict[str, dict]:
    names = docker.run("ps", "--all", "--quiet", "--filter", _LABEL).split()
    found = json.loads(docker.run("inspect", *names)) if names else []
    return {item["Name"].removeprefix("/provision-test-"): item for item in found}


def test_every_proof_holds_and_there_is_nothing_more_to_do(contained):
    assert contained.json("preview", "--refresh") == {"changes": []}
    proofs = contained.json("verify")["proofs"]
    assert [proof for proof in proofs if not proof["ok"]] == []
    assert {"registration", "tools", "refused-expired"} <= {proof["id"] for proof in proofs}


@pytest.mark.parametrize("name", ["keycloak", "calculator"])
def test_a_container_has_no_more_rights_than_it_needs(contained, docker, name):
    seen = containers(docker)[name]
    host = seen["HostConfig"]
    assert seen["Config"]["User"].split(":")[0] not in {"", "0", "root"}
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert host["Memory"] > 0
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert not [mount for mount in seen["Mounts"] if mount["Source"].endswith("docker.sock")]
    published = [binding for bindings in host["PortBindings"].values() for binding in bindings]
    assert {binding["HostIp"] for binding in published} == {"127.0.0.1"}


def test_no_secret_can_be_seen_from_outside(contained, docker):
    shown = contained.json("status", "--show-secrets")
    secrets = {
        shown["admin"]["client_secret"],
        shown["servers"][0]["introspection"]["client_secret"],
        shown["demo_user"]["password"],
    }
    seen = json.dumps(containers(docker))
    states = "".join(path.read_text() for path in contained.data.rglob("*.json") if "stacks" in path.parts)
    assert not [secret for secret in secrets if secret in seen or secret in states]


def test_what_somebody_removed_comes_back_with_a_refresh(contained, docker):
    docker.run("rm", "--force", "provision-test-calculator")
    contained.run("up", "--refresh")
    assert contained.json("preview", "--refresh") == {"changes": []}
    assert [proof for proof in contained.json("verify", "tools")["proofs"] if not proof["ok"]] == []


def test_lost_data_is_made_anew(contained, docker):
    docker.run("rm", "--force", "provision-test-keycloak", "provision-test-keycloak-files")
    docker.run("volume", "rm", "provision-test-keycloak-data")
    contained.run("up", "--refresh")
    assert contained.json("preview", "--refresh") == {"changes": []}
    assert [proof for proof in contained.json("verify")["proofs"] if not proof["ok"]] == []


def test_down_leaves_nothing(contained, docker):
    contained.run("down")
    assert containers(docker) == {}
    assert docker.run("volume", "ls", "--quiet", "--filter", _LABEL) == ""
    assert docker.run("network", "ls", "--quiet", "--filter", _LABEL) == ""
    contained.run("up")
