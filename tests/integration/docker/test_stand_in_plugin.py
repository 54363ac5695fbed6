"""The stand-in for pulumi-docker's plugin, in the real engine and against a real daemon."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

from pulumi.runtime.proto import provider_pb2

from provision.provider.wire import Hidden, to_struct
from provision.runtimes.process.ports import pick_free
from tests.integration.docker.conftest import SECRET
from tests.support.docker_plugin.daemon import Daemon
from tests.support.docker_plugin.servicer import Servicer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.docker.conftest import DockerStack
    from tests.support.docker_daemon import Docker

FAILED = 1
SLEEP = ["/bin/sh", "-c", "trap 'exit 0' TERM; echo begun; sleep 1000 & wait"]
HEALTHY = {"tests": ["CMD", "test", "-e", "/ready"], "interval": "1s", "timeout": "5s", "retries": 1}


def _container(stack: DockerStack, image: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return ("Container", {"name": stack.name, "image": image, "command": SLEEP, **more})


def _whole(stack: DockerStack, image: str, folder: Path) -> dict[str, Any]:
    (folder / "Dockerfile").write_text(
        f"ARG word\nFROM {image}\nARG word\nRUN echo made with $word; touch /ready\n"
    )
    labels = [{"label": "stack", "value": stack.name}, {"label": "a", "value": "b"}]
    return {
        "network": ("Network", {"name": stack.name, "driver": "bridge", "labels": labels}),
        "volume": ("Volume", {"name": stack.name, "labels": labels}),
        "image": (
            "RemoteImage",
            {
                "name": f"{stack.name}:built",
                "build": {
                    "context": str(folder),
                    "buildArgs": {"word": "care"},
                    "label": {"stack": stack.name},
                },
                "triggers": {"content": "1"},
            },
        ),
        "container": (
            "Container",
            {
                "name": stack.name,
                "image": "${image.imageId}",
                "hostname": "inside",
                "command": SLEEP,
                "envs": ["B=2", "A=1"],
                "labels": labels,
                "networksAdvanced": [{"name": "${network.name}", "aliases": ["other", "another"]}],
                "ports": [
                    {"internal": 8080, "external": pick_free(), "ip": "127.0.0.1"},
                    {"internal": 81, "ip": "127.0.0.1"},
                ],
                "volumes": [{"volumeName": "${volume.name}", "containerPath": "/data"}],
                "mounts": [{"type": "tmpfs", "target": "/scratch", "tmpfsOptions": {"sizeBytes": 65536}}],
                "tmpfs": {"/tmp": "rw,size=1m"},
                "healthcheck": HEALTHY,
                "wait": True,
                "waitTimeout": 20,
                "restart": "unless-stopped",
                "memory": 64,
                "memorySwap": 64,
                "cpus": "1.5",
                "user": "1000:0",
                "readOnly": True,
                "capabilities": {"drops": ["ALL"]},
                "securityOpts": ["no-new-privileges:true"],
                "init": True,
                "hosts": [{"host": "elsewhere", "ip": "192.0.2.1"}],
                "dns": ["192.0.2.53"],
                "stopSignal": "SIGTERM",
                "stopTimeout": 3,
                "destroyGraceSeconds": 3,
                "logDriver": "json-file",
                "logOpts": {"max-size": "1m"},
                "workingDir": "/data",
            },
        ),
    }


def _own(stack: DockerStack) -> list[str]:
    """What the daemon has of the stack."""
    label = ("--quiet", "--filter", f"label=stack={stack.name}")
    kinds = (("ps", "--all"), ("network", "ls"), ("volume", "ls"), ("image", "ls"))
    return [line for kind in kinds for line in stack.docker.run(*kind, *label).split()]


def test_what_is_declared_comes_up_healthy_shows_no_difference_and_leaves_nothing(
    stack: DockerStack, image: str, tmp_path: Path
) -> None:
    folder = tmp_path / "context"
    folder.mkdir()
    stack.declare(**_whole(stack, image, folder))
    stack("preview")
    stack.up()
    shown = stack.inspect()
    host = shown["HostConfig"]
    assert shown["State"]["Health"]["Status"] == "healthy"
    assert list(shown["NetworkSettings"]["Networks"]) == [stack.name]
    assert {"other", "another"} <= set(shown["NetworkSettings"]["Networks"][stack.name]["Aliases"])
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["Memory"], host["NanoCpus"]) == (
        True,
        ["ALL"],
        64 << 20,
        15 * 10**8,
    )
    assert {binding["HostIp"] for port in host["PortBindings"].values() for binding in port} == {"127.0.0.1"}
    (data,) = stack.outputs_of("container")["networkDatas"]
    network = json.loads(stack.docker.run("network", "inspect", stack.name))[0]
    assert (data["networkName"], data["gateway"]) == (stack.name, network["IPAM"]["Config"][0]["Gateway"])
    assert stack.outputs_of("network")["ipamConfigs"][0]["gateway"] == data["gateway"]
    assert stack.outputs_of("volume")["mountpoint"].endswith(f"{stack.name}/_data")
    stack("preview", "--expect-no-changes")
    stack("refresh", "--yes", "--expect-no-changes", "--skip-preview")
    stack("preview", "--expect-no-changes")
    assert len(_own(stack)) == 4
    stack("destroy", "--yes", "--skip-preview")
    assert _own(stack) == []


def test_an_upload_is_its_owners_alone_and_shows_in_no_inspect_and_no_state(
    stack: DockerStack, image: str
) -> None:
    upload = {
        "file": "/run/secrets/token",
        "content": "${token}",
        "permissions": "0400",
        "owner": "1000",
        "group": "7",
    }
    stack.declare(container=_container(stack, image, uploads=[upload], user="1000"))
    stack.up()
    assert (
        stack.docker.run("exec", stack.name, "stat", "-c", "%a %u %g", "/run/secrets/token") == "400 1000 7\n"
    )
    assert stack.docker.run("exec", stack.name, "cat", "/run/secrets/token") == SECRET
    assert SECRET not in stack.docker.run("inspect", stack.name)
    assert SECRET not in stack.state()
    assert SECRET not in stack("refresh", "--yes", "--expect-no-changes", "--skip-preview", "--diff")
    assert SECRET not in stack.state()
    stack("config", "set", "--secret", "token", "another-one")
    assert "another-one" not in stack.up("--diff")
    assert stack.docker.run("exec", stack.name, "cat", "/run/secrets/token") == "another-one"


def test_a_read_only_container_takes_secrets_through_a_volume_that_a_container_never_started_filled(
    stack: DockerStack, image: str
) -> None:
    upload = {"file": "/run/secrets/token", "content": "${token}", "permissions": "0400", "owner": "1000"}
    volume = ("Volume", {"name": stack.name})
    mounted = {"volumeName": "${volume.name}", "containerPath": "/run/secrets"}
    filler = {
        "name": f"{stack.name}-filler",
        "image": image,
        "command": ["true"],
        "start": False,
        "mustRun": False,
    }
    stack.declare(
        volume=volume,
        filler=("Container", {**filler, "uploads": [upload], "volumes": [mounted]}),
        container=(
            *_container(stack, image, readOnly=True, user="1000", volumes=[{**mounted, "readOnly": True}]),
            {"dependsOn": ["${filler}"]},
        ),
    )
    stack.up()
    assert stack.docker.run("exec", stack.name, "cat", "/run/secrets/token") == SECRET
    stack("refresh", "--yes", "--expect-no-changes", "--skip-preview")
    stack.declare(container=_container(stack, image, readOnly=True, uploads=[upload]))
    assert "is marked read-only" in stack.up(code=FAILED)


def test_a_container_removed_by_hand_is_made_anew(stack: DockerStack, image: str) -> None:
    stack.declare(container=_container(stack, image))
    stack.up()
    stack.docker.run("rm", "--force", stack.name)
    stack("refresh", "--yes", "--skip-preview")
    stack.up()
    assert stack.inspect()["State"]["Running"]


def test_a_network_and_a_volume_removed_by_hand_are_made_anew(stack: DockerStack) -> None:
    stack.declare(network=("Network", {"name": stack.name}), volume=("Volume", {"name": stack.name}))
    stack.up()
    stack.docker.run("network", "rm", stack.name)
    stack.docker.run("volume", "rm", stack.name)
    stack("up", "--yes", "--skip-preview", "--refresh")
    stack.docker.run("network", "inspect", stack.name)
    stack.docker.run("volume", "inspect", stack.name)


def test_a_stopped_container_is_started_again_after_a_refresh(stack: DockerStack, image: str) -> None:
    stack.declare(container=_container(stack, image))
    stack.up()
    before = stack.inspect()["Id"]
    stack.docker.run("kill", stack.name)
    assert "mustRun: true => false" in re.sub(
        r"\s+", " ", stack("refresh", "--yes", "--diff", "--skip-preview")
    )
    stack.up()
    after = stack.inspect()
    assert (after["Id"], after["State"]["Running"]) == (before, True)


def test_a_stopped_container_with_ports_is_replaced_after_a_refresh(stack: DockerStack, image: str) -> None:
    stack.declare(
        container=_container(
            stack, image, ports=[{"internal": 80, "external": pick_free(), "ip": "127.0.0.1"}]
        )
    )
    stack.up()
    before = stack.inspect()["Id"]
    stack.docker.run("kill", stack.name)
    stack("refresh", "--yes", "--skip-preview")
    stack.up()
    after = stack.inspect()
    assert after["Id"] != before
    assert after["State"]["Running"]


def test_limits_and_the_restart_policy_change_in_place_and_an_environment_does_not(
    stack: DockerStack, image: str
) -> None:
    stack.declare(container=_container(stack, image, memory=64, memorySwap=64, envs=["A=1"]))
    stack.up()
    first = stack.inspect()["Id"]
    stack.declare(
        container=_container(stack, image, memory=96, memorySwap=96, restart="always", envs=["A=1"])
    )
    stack.up()
    second = stack.inspect()
    assert (second["Id"], second["HostConfig"]["Memory"]) == (first, 96 << 20)
    assert second["HostConfig"]["RestartPolicy"]["Name"] == "always"
    stack.declare(
        container=_container(stack, image, memory=96, memorySwap=96, restart="always", envs=["A=2"])
    )
    assert "replaced" in stack.up()
    assert "A=2" in stack.inspect()["Config"]["Env"]
    stack("preview", "--expect-no-changes")


def test_a_limit_changed_by_hand_is_seen_and_put_back(stack: DockerStack, image: str) -> None:
    stack.declare(container=_container(stack, image, memory=64, memorySwap=128))
    stack.up()
    stack.docker.run("update", "--memory", "32m", stack.name)
    shown = stack("refresh", "--yes", "--diff", "--skip-preview")
    assert "memory: 64 => 32" in re.sub(r"\s+", " ", shown)
    stack.up()
    assert stack.inspect()["HostConfig"]["Memory"] == 64 << 20


def test_labels_of_a_network_and_a_volume_replace_them_under_the_same_name(stack: DockerStack) -> None:
    def declare(value: str) -> None:
        properties = {"name": stack.name, "labels": [{"label": "is", "value": value}]}
        stack.declare(network=("Network", properties), volume=("Volume", properties))

    declare("old")
    stack.up()
    declare("new")
    stack.up()
    for kind in ("network", "volume"):
        assert json.loads(stack.docker.run(kind, "inspect", stack.name))[0]["Labels"] == {"is": "new"}


def test_a_container_that_dies_before_it_is_healthy_fails_with_its_last_lines_and_is_removed_by_a_destroy(
    stack: DockerStack, image: str
) -> None:
    dying = ["sh", "-c", "echo no database here; exit 3"]
    stack.declare(container=_container(stack, image, command=dying, healthcheck=HEALTHY, wait=True))
    shown = stack.up(code=FAILED)
    assert f"Container {stack.name} ended with exit code 3 before it was healthy" in shown
    assert "no database here" in shown
    stack.up()  # like the official plugin, which only sees after a refresh that the container does not run
    assert "mustRun" in stack("refresh", "--yes", "--diff", "--skip-preview")
    stack("destroy", "--yes", "--skip-preview")
    assert stack.docker.attempt("inspect", stack.name).returncode != 0


def test_a_container_that_gets_unhealthy_or_takes_too_long_fails(stack: DockerStack, image: str) -> None:
    stack.declare(container=_container(stack, image, healthcheck=HEALTHY, wait=True))
    shown = stack.up(code=FAILED)
    assert f"Container {stack.name} is unhealthy" in shown
    assert "begun" in shown
    slow = {**HEALTHY, "startPeriod": "1m0s"}
    stack.declare(container=_container(stack, image, healthcheck=slow, wait=True, waitTimeout=2))
    assert "was not healthy after 2 s" in stack.up(code=FAILED)
    stack.declare(container=_container(stack, image, envs=["A=1"], wait=True))
    assert "has 'wait' but no health check" in stack.up(code=FAILED)


def test_an_interrupt_ends_the_wait_for_health_and_keeps_the_container_in_the_state(
    stack: DockerStack, image: str
) -> None:
    slow = {**HEALTHY, "startPeriod": "10m0s"}
    stack.declare(container=_container(stack, image, healthcheck=slow, wait=True, waitTimeout=600))
    starts = [
        "docker",
        "events",
        f"--since={time.time()}",
        "--filter=event=start",
        f"--filter=container={stack.name}",
    ]
    with subprocess.Popen(
        starts, env={**os.environ, **stack.docker.environment}, stdout=subprocess.PIPE
    ) as events:
        running = stack.begin("up", "--yes", "--skip-preview")
        events.stdout.readline()
        events.terminate()
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=30) != 0
    assert stack.name in stack.state()


def test_a_cancel_that_comes_before_the_wait_ends_it_too(docker: Docker) -> None:
    daemon = Daemon(docker.host)
    daemon.cancel()
    begun = time.time()
    with daemon.events("nobody", begun, begun + 20) as events:
        assert list(events) == []
    assert time.time() < begun + 10


def test_a_name_that_is_taken_a_port_that_is_taken_and_an_image_that_is_missing_are_one_line_each(
    stack: DockerStack, image: str
) -> None:
    stack.docker.run("create", "--name", stack.name, image, "true")
    try:
        stack.declare(container=_container(stack, image))
        assert f'The container name "/{stack.name}" is already in use' in stack.up(code=FAILED)
    finally:
        stack.docker.run("rm", stack.name)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        stack.declare(
            container=_container(stack, image, ports=[{"internal": 80, "external": port, "ip": "127.0.0.1"}])
        )
        shown = stack.up(code=FAILED)
        assert f"Unable to start container {stack.name}" in shown
        assert "address already in use" in shown
    stack.declare(image=("RemoteImage", {"name": "localhost:1/there-is-none:1"}))
    assert "Unable to find or pull image localhost:1/there-is-none:1" in stack.up(code=FAILED)


def test_without_a_daemon_a_preview_works_and_an_up_says_where_it_looked(
    stack: DockerStack, tmp_path: Path
) -> None:
    nowhere = f"unix://{tmp_path}/docker.sock"
    stack("config", "set", "docker:host", nowhere)
    stack.declare(network=("Network", {"name": stack.name}))
    stack("preview")
    assert f"The Docker daemon at {nowhere} does not answer" in stack.up(code=FAILED)


def test_what_is_not_published_or_of_the_wrong_type_is_refused_without_showing_values() -> None:
    declared = {
        "image": "some:1",
        "colour": "red",
        "ports": [{"internal": "80"}],
        "uploads": [{"file": "/x", "content": Hidden(SECRET), "mode": "0400"}],
    }
    urn = "urn:pulumi:dev::stand-in::docker:index/container:Container::wrong"
    answer = Servicer().Check(provider_pb2.CheckRequest(urn=urn, news=to_struct(declared)), None)
    reasons = [failure.reason for failure in answer.failures]
    assert [reason.split(";")[0] for reason in reasons] == [
        "colour is no property that this stand-in knows",
        "ports[0].internal must be of the type integer",
        "uploads[0].mode is no property that this stand-in knows",
    ]
    assert all(
        SECRET not in reason and not failure.property
        for reason, failure in zip(reasons, answer.failures, strict=True)
    )


def test_a_build_runs_again_when_what_it_is_made_of_is_declared_anew(
    stack: DockerStack, image: str, tmp_path: Path
) -> None:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {image}\nCOPY word /word\n")

    def declare(word: str) -> None:
        (folder / "word").write_text(word)
        built = {
            "name": f"{stack.name}:{word}",
            "build": {"context": str(folder)},
            "triggers": {"word": word},
        }
        container = _container(stack, "${image.imageId}", command=["sleep", "1000"])
        stack.declare(image=("RemoteImage", built), container=container)

    declare("one")
    stack.up()
    declare("two")
    stack.up()
    assert stack.docker.run("exec", stack.name, "cat", "/word") == "two"
    assert not stack.docker.has_image(f"{stack.name}:one")
    stack("preview", "--expect-no-changes")


def test_a_step_that_fails_shows_its_output_and_leaves_no_container(
    stack: DockerStack, image: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f'FROM {image}\nRUN ["sh", "-c", "echo out of luck; exit 4"]\n')
    stack.declare(image=("RemoteImage", {"name": f"{stack.name}:1", "build": {"context": str(tmp_path)}}))
    shown = stack.up(code=FAILED)
    assert "out of luck" in shown
    assert "returned a non-zero code: 4" in shown
    left = stack.docker.run("ps", "--all", "--no-trunc", "--format", "{{.Command}}")
    assert "out of luck" not in left


def test_an_image_is_kept_where_that_is_asked_for(stack: DockerStack, image: str) -> None:
    stack.docker.run("tag", image, f"{stack.name}:1")
    stack.docker.run("tag", image, f"{stack.name}:2")
    stack.declare(
        kept=("RemoteImage", {"name": f"{stack.name}:1", "keepLocally": True}),
        removed=("RemoteImage", {"name": f"{stack.name}:2"}),
    )
    stack.up()
    stack("destroy", "--yes", "--skip-preview")
    assert stack.docker.has_image(f"{stack.name}:1")
    assert not stack.docker.has_image(f"{stack.name}:2")
    stack.docker.run("image", "rm", f"{stack.name}:1")


def test_a_network_that_is_there_can_be_imported(stack: DockerStack) -> None:
    stack.declare()
    number = stack.docker.run("network", "create", stack.name).strip()
    stack(
        "import",
        "docker:index/network:Network",
        "network",
        number,
        "--yes",
        "--skip-preview",
        "--protect=false",
    )
    stack.declare(network=("Network", {"name": stack.name}))
    stack("preview", "--expect-no-changes")
