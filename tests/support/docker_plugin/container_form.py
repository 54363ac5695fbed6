"""A container in the daemon's terms: its creation request, and its visible inputs."""

from __future__ import annotations

import base64
import grp
import io
import pwd
import re
import tarfile
import time
from typing import Any

from tests.support.docker_plugin.daemon import DockerError, labels_of, published_labels

_MEGABYTE = 1 << 20
_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
# The daemon's names; the lists are written at creation and read by a refresh.
_CONFIG = {
    "image": "Image", "hostname": "Hostname", "command": "Cmd", "entrypoints": "Entrypoint", "user": "User",
    "workingDir": "WorkingDir", "stopSignal": "StopSignal", "stopTimeout": "StopTimeout",
}  # fmt: skip
_HOST = {
    "rm": "AutoRemove",
    "readOnly": "ReadonlyRootfs",
    "dns": "Dns",
    "ipcMode": "IpcMode",
    "tmpfs": "Tmpfs",
    "securityOpts": "SecurityOpt",
}
_MEGABYTES = {"memory": "Memory", "memorySwap": "MemorySwap"}
_DURATIONS = {
    "interval": "Interval",
    "timeout": "Timeout",
    "startPeriod": "StartPeriod",
    "startInterval": "StartInterval",
}
_NETWORK_DATA = {
    "ipAddress": "IPAddress", "ipPrefixLength": "IPPrefixLen", "gateway": "Gateway", "globalIpv6Address": "GlobalIPv6Address",
    "globalIpv6PrefixLength": "GlobalIPv6PrefixLen", "ipv6Gateway": "IPv6Gateway", "macAddress": "MacAddress",
}  # fmt: skip


def configuration(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the body of the daemon's ``/containers/create``."""
    host = {theirs: inputs[ours] for ours, theirs in _HOST.items() if ours in inputs}
    host |= {theirs: in_bytes(inputs[ours]) for ours, theirs in _MEGABYTES.items() if ours in inputs}
    if "cpus" in inputs:
        host["NanoCpus"] = round(float(inputs["cpus"]) * 10**9)
    capabilities = inputs.get("capabilities", {})
    ports: dict[str, list[dict[str, str]]] = {}
    for port in inputs.get("ports", ()):
        binding = {"HostIp": port["ip"], "HostPort": str(port.get("external", ""))}
        ports.setdefault(f"{port['internal']}/{port['protocol']}", []).append(binding)
    volumes = inputs.get("volumes", ())
    host |= {
        "Init": inputs.get("init", False),
        "RestartPolicy": restart_policy(inputs),
        "CapAdd": capabilities.get("adds"),
        "CapDrop": capabilities.get("drops"),
        "PortBindings": ports,
        "ExtraHosts": [f"{item['host']}:{item['ip']}" for item in inputs.get("hosts", ())],
        "LogConfig": {"Type": inputs.get("logDriver", ""), "Config": inputs.get("logOpts", {})},
        "Mounts": [_mount(item) for item in inputs.get("mounts", ())],
        "Binds": [_bind(item) for item in volumes if item.get("hostPath") or item.get("volumeName")],
    }
    return {
        **{theirs: inputs[ours] for ours, theirs in _CONFIG.items() if ours in inputs},
        "Env": inputs.get("envs"),
        "Labels": labels_of(inputs),
        "ExposedPorts": {port: {} for port in ports},
        "Volumes": {item["containerPath"]: {} for item in volumes if item.get("containerPath")},
        "Healthcheck": _healthcheck(inputs["healthcheck"]) if "healthcheck" in inputs else None,
        "HostConfig": host,
    }


def in_bytes(megabytes: int | None) -> int | None:
    """Return a limit in bytes; -1 means none."""
    return megabytes * _MEGABYTE if megabytes and megabytes > 0 else megabytes


def restart_policy(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the policy by which the daemon starts the container again."""
    return {"Name": inputs["restart"], "MaximumRetryCount": inputs.get("maxRetryCount", 0)}


def _mount(item: dict[str, Any]) -> dict[str, Any]:
    tmpfs = item.get("tmpfsOptions", {})
    return {
        "Type": item["type"],
        "Target": item["target"],
        "Source": item.get("source", ""),
        "ReadOnly": item.get("readOnly", False),
        "TmpfsOptions": {"SizeBytes": tmpfs.get("sizeBytes", 0), "Mode": tmpfs.get("mode", 0)}
        if tmpfs
        else None,
    }


def _bind(item: dict[str, Any]) -> str:
    mode = "ro" if item.get("readOnly") else "rw"
    return f"{item.get('hostPath') or item['volumeName']}:{item['containerPath']}:{mode}"


def _healthcheck(item: dict[str, Any]) -> dict[str, Any]:
    times = {theirs: _nanoseconds(item[ours]) for ours, theirs in _DURATIONS.items()}
    return {"Test": item.get("tests", []), "Retries": item["retries"], **times}


def _nanoseconds(duration: str) -> int:
    return sum(
        round(float(number) * _UNITS[unit])
        for number, unit in re.findall(r"([\d.]+)(ns|us|ms|s|m|h)", duration)
    )


def _duration(nanoseconds: int) -> str:
    """Return a duration in Go's form; the official plugin also shows ``1m30s`` for a declared ``90s`` as a difference."""
    if 0 < nanoseconds < _UNITS["s"]:
        return f"{nanoseconds / _UNITS['ms']:g}ms"
    minutes, rest = divmod(nanoseconds, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    return (
        (f"{hours}h" if hours else "")
        + (f"{minutes}m" if hours or minutes else "")
        + f"{rest / _UNITS['s']:g}s"
    )


def archive(upload: dict[str, Any]) -> bytes:
    """Return a file to upload, as a tar archive with its owner and permissions."""
    content = (
        upload["content"].encode() if upload.get("content") else base64.b64decode(upload["contentBase64"])
    )
    entry = tarfile.TarInfo(upload["file"].lstrip("/"))
    entry.size, entry.mtime = len(content), int(time.time())
    entry.mode = int(upload.get("permissions") or ("0744" if upload["executable"] else "0644"), 8)
    entry.uid = _number(upload.get("owner"), lambda name: pwd.getpwnam(name).pw_uid)
    entry.gid = _number(upload.get("group"), lambda name: grp.getgrnam(name).gr_gid)
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def _number(owner: str | None, look_up: Any) -> int:
    """Return a user's or group's number; like the official plugin, look names up on this host, not in the container."""
    if not owner:
        return 0
    try:
        return int(owner) if owner.isdecimal() else int(look_up(owner))
    except KeyError as error:
        raise DockerError(f"There is no user or group {owner} on this host: give its number.") from error


def live_inputs(shown: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the present inputs: the inputs that the official plugin reads, in its form."""
    config, host, running = shown["Config"], shown["HostConfig"], shown["State"]["Running"]
    live: dict[str, Any] = {ours: config.get(theirs) for ours, theirs in _CONFIG.items()}
    live |= {ours: host.get(theirs) for ours, theirs in _HOST.items()}
    live |= {ours: max(host.get(theirs) or 0, -_MEGABYTE) // _MEGABYTE for ours, theirs in _MEGABYTES.items()}
    live |= {
        "name": shown["Name"].lstrip("/"),
        "init": bool(host.get("Init")),
        "restart": host["RestartPolicy"]["Name"] or "no",
        "maxRetryCount": host["RestartPolicy"]["MaximumRetryCount"],
        "hosts": [
            dict(zip(("host", "ip"), item.split(":", 1), strict=True)) for item in host["ExtraHosts"] or ()
        ],
        "logDriver": host["LogConfig"]["Type"],
        "logOpts": host["LogConfig"]["Config"] or {},
    }
    if str(inputs.get("image", "")).startswith("sha256:"):
        live["image"] = shown["Image"]
    if host["CapAdd"] or host["CapDrop"]:
        live["capabilities"] = {"adds": host["CapAdd"] or [], "drops": host["CapDrop"] or []}
    if host.get("NanoCpus"):
        live["cpus"] = str(host["NanoCpus"] / 10**9)
    if config.get("Healthcheck"):
        live["healthcheck"] = _live_healthcheck(config["Healthcheck"])
    if not running and inputs.get("mustRun", True):
        live["mustRun"] = False  # the next update starts it again
    if running or inputs.get("mustRun", True):
        live["ports"] = _live_ports(shown["NetworkSettings"]["Ports"] or {}, inputs.get("ports", ()))
    if not inputs:  # an import
        live |= {"labels": published_labels(config["Labels"]), "envs": config["Env"]}
    return live


def _live_healthcheck(shown: dict[str, Any]) -> dict[str, Any]:
    times = {ours: _duration(shown.get(theirs, 0)) for ours, theirs in _DURATIONS.items()}
    return {"tests": shown.get("Test", []), "retries": shown.get("Retries", 0), **times}


def _live_ports(shown: dict[str, Any], declared: Any) -> list[dict[str, Any]]:
    chosen = {(port["internal"], port["protocol"]) for port in declared if "external" not in port}
    ports = []
    for key, bindings in shown.items():
        number, protocol = key.split("/")
        for binding in bindings or ():
            port = {"internal": int(number), "ip": binding["HostIp"], "protocol": protocol}
            # A value that the daemon chose is no difference.
            external = {} if (int(number), protocol) in chosen else {"external": int(binding["HostPort"])}
            ports.append({**port, **external})
    return ports


def network_datas(shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the networks of a container in the published form."""
    return [
        {"networkName": name, **{ours: data[theirs] for ours, theirs in _NETWORK_DATA.items()}}
        for name, data in shown["NetworkSettings"]["Networks"].items()
    ]
