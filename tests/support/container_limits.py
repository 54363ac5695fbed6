"""Checks of a running container, one for each line of the table in docs/docker.md; a line without a check fails a test."""

from __future__ import annotations

import inspect
import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi_docker
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.docker_daemon import Docker

_MEBIBYTE = 1 << 20
_IDS = {"keycloak": ("1000", "0"), "calculator": ("10001", "10001")}
_MEMORY = {"keycloak": 1024, "calculator": 512}
_PORTS = {"keycloak": 8080, "calculator": 3000}
_WRITABLE = {"keycloak": {"/opt/keycloak/data", "/tmp"}, "calculator": {"/tmp"}}
_FILES = {
    "keycloak": {"/run/keycloak/admin.sql"},
    "calculator": {"/run/mcp/settings.json", "/run/mcp/introspection-secret"},
}
# With bash alone, which both images have. /dev/shm is the only folder in /dev that takes files.
_FIND_WRITABLE = r"""
shopt -s globstar dotglob nullglob
for top in /*; do
  case $top in /proc|/sys|/dev) continue;; esac
  for path in "$top" "$top"/**; do [ -L "$path" ] || [ ! -w "$path" ] || printf '%s\n' "$path"; done
done
"""
_LISTENING = "0A"


@dataclass(frozen=True)
class Running:
    """A container of a stack.

    Args:
        docker: The daemon.
        name: The container's name in the stack.
        full_name: The container's full name.
        stack: The stack's name, which is also the name of its network.
        secrets: The values that nobody may see.
    """

    docker: Docker
    name: str
    full_name: str
    stack: str
    secrets: frozenset[str]

    @property
    def seen(self) -> dict[str, Any]:
        """The output of ``docker inspect``."""
        return dict(json.loads(self.docker.run("inspect", self.full_name))[0])

    @property
    def host(self) -> dict[str, Any]:
        """The part of the output that describes the permissions."""
        return dict(self.seen["HostConfig"])

    def inside(self, script: str) -> str:
        """Run a script in the container."""
        return self.docker.run("exec", self.full_name, "bash", "-c", script)

    def status(self) -> dict[str, str]:
        """Return the kernel's status of the container's program."""
        lines = self.inside("cat /proc/1/status").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def user(it: Running) -> None:
    uid, gid = _IDS[it.name]
    status = it.status()
    assert status["Uid"].split() == [uid] * 4
    assert status["Gid"].split() == [gid] * 4
    assert it.seen["Config"]["User"] == f"{uid}:{gid}"


def capabilities(it: Running) -> None:
    status = it.status()
    assert [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")] == [0] * 5
    assert it.host["CapDrop"] == ["ALL"]
    assert not it.host["CapAdd"]
    assert not it.host["Privileged"]


def new_privileges(it: Running) -> None:
    assert it.status()["NoNewPrivs"] == "1"
    assert it.host["SecurityOpt"] == ["no-new-privileges"]


def system_calls(it: Running) -> None:
    filtered = "2"
    assert it.status()["Seccomp"] == filtered
    assert not [option for option in it.host["SecurityOpt"] if "unconfined" in option]


def root_file_system(it: Running) -> None:
    assert it.host["ReadonlyRootfs"]
    said = it.docker.attempt("exec", "--user=0", it.full_name, "bash", "-c", ": > /written")
    assert "Read-only file system" in said.stderr


def can_write_to(it: Running) -> None:
    places = _WRITABLE[it.name]
    found = it.inside(_FIND_WRITABLE).split()
    below = tuple(f"{place}/" for place in places)
    assert {path for path in found if not path.startswith(below)} == places
    assert "noexec" in it.host["Tmpfs"]["/tmp"]


def files(it: Running) -> None:
    owner = " ".join(_IDS[it.name])
    for path in _FILES[it.name]:
        assert it.inside(f"stat --format='%a %u %g' {path}").strip() == f"400 {owner}"
        (mount,) = [item for item in it.seen["Mounts"] if item["Destination"] == path.rpartition("/")[0]]
        assert (mount["Type"], mount["RW"]) == ("volume", False)


def secrets(it: Running) -> None:
    processes = "for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do tr '\\0' '\\n' < $file; done"
    image = it.seen["Image"]
    shown = [
        json.dumps(it.seen),
        it.docker.run("history", "--no-trunc", image),
        it.docker.run("image", "inspect", image),
        it.docker.run("logs", it.full_name),
        it.docker.attempt("logs", it.full_name).stderr,
        it.inside(f"{processes} 2>/dev/null; true"),
    ]
    assert it.secrets
    assert not [secret for secret in it.secrets if any(secret in text for text in shown)]


def mounts(it: Running) -> None:
    """Check that no folder and no socket of the host is mounted, Docker's included."""
    assert {mount["Type"] for mount in it.seen["Mounts"]} == {"volume"}
    assert all(mount["Name"].startswith(it.full_name) for mount in it.seen["Mounts"])
    assert it.inside("[ -e /var/run/docker.sock ] || echo none").strip() == "none"


def published_ports(it: Running) -> None:
    ((inner, bindings),) = it.host["PortBindings"].items()
    assert inner == f"{_PORTS[it.name]}/tcp"
    (binding,) = bindings
    assert binding["HostIp"] == "127.0.0.1"
    assert not it.host["PublishAllPorts"]
    gateway = it.seen["NetworkSettings"]["Networks"][it.stack]["Gateway"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((gateway, int(binding["HostPort"])), timeout=5)


def listens(it: Running) -> None:
    """Check the listening addresses: the network's other containers reach every address that is not loopback."""
    reachable = set()
    for line in it.inside("cat /proc/1/net/tcp /proc/1/net/tcp6").splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[3] == _LISTENING:
            address, port = fields[1].split(":")
            if not _is_loopback(address):
                reachable.add(int(port, 16))
    assert reachable == {_PORTS[it.name]}


def _is_loopback(address: str) -> bool:
    """Return whether an address is loopback, in the kernel's form: bytes in hex, in words of four, each reversed."""
    last = address[-8:]
    embedded = address[:-8] in {"", "0000000000000000FFFF0000"}
    return (embedded and last.endswith("7F")) or address == "0" * 24 + "01000000"


def network(it: Running) -> None:
    assert set(it.seen["NetworkSettings"]["Networks"]) == {it.stack}


def namespaces(it: Running) -> None:
    for kind in ("net", "pid", "ipc", "mnt", "uts"):
        ours = str(Path(f"/proc/self/ns/{kind}").readlink())
        assert it.inside(f"readlink /proc/self/ns/{kind}").strip() != ours
    assert it.host["NetworkMode"] in {"default", "bridge"}
    assert it.host["IpcMode"] == "private"
    assert [it.host[name] for name in ("PidMode", "UTSMode", "UsernsMode")] == [""] * 3


def devices(it: Running) -> None:
    assert not [name for name in ("Devices", "DeviceCgroupRules", "DeviceRequests") if it.host[name]]
    disks = it.inside("for path in /dev/* /dev/*/*; do [ ! -b $path ] || echo $path; done")
    assert disks == ""


def memory(it: Running) -> None:
    wanted = _MEMORY[it.name] * _MEBIBYTE
    assert it.host["Memory"] == wanted
    assert it.host["MemorySwap"] in {wanted, -1}, "with -1 the kernel cannot limit swap"


def processes(it: Running) -> None:
    """Check that the number of processes is unlimited, since the plugin has no setting: set it when this fails."""
    assert not it.host["PidsLimit"]
    known = inspect.signature(pulumi_docker.Container._internal_init).parameters
    assert not [name for name in known if re.search("pids", name)]


def log(it: Running) -> None:
    assert it.host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}


def restart(it: Running) -> None:
    assert it.host["RestartPolicy"]["Name"] == "unless-stopped"


CHECKS: dict[str, Callable[[Running], None]] = {
    "user": user,
    "capabilities": capabilities,
    "new privileges": new_privileges,
    "system calls": system_calls,
    "root file system": root_file_system,
    "can write to": can_write_to,
    "its files": files,
    "secrets": secrets,
    "mounts": mounts,
    "published on": published_ports,
    "other containers reach": listens,
    "network": network,
    "namespaces": namespaces,
    "devices": devices,
    "memory": memory,
    "processes": processes,
    "log": log,
    "restart": restart,
}
"""The checks by the first cell of their lines in the table."""
