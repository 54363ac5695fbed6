"""The properties that the stack uses, as pulumi-docker 5.2 publishes them: names, types, defaults, replacements.

A line is: name, type, marks. Types: ``list:X`` keeps its order, ``set:X`` has none, ``map`` is of strings, a capital
begins an object's name. Marks: ``required``; ``computed`` (filled in by the daemon, so leaving it out changes nothing);
``live`` (can change without a replacement); ``=value`` (the default, as JSON).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Property:
    """A published property."""

    type: str
    required: bool = False
    computed: bool = False
    live: bool = False
    default: Any = None


Table = dict[str, Property]


def _table(text: str) -> Table:
    return {name: _property(kind, marks) for name, kind, *marks in map(str.split, text.strip().splitlines())}


def _property(kind: str, marks: list[str]) -> Property:
    flags = dict.fromkeys((mark for mark in marks if not mark.startswith("=")), True)
    default = next((json.loads(mark[1:]) for mark in marks if mark.startswith("=")), None)
    return Property(kind, default=default, **flags)


_LABEL = "label string required\nvalue string required"

OBJECTS = {
    "NetworkLabel": _table(_LABEL),
    "VolumeLabel": _table(_LABEL),
    "ContainerLabel": _table(_LABEL),
    "NetworkIpamConfig": _table("subnet string\nipRange string\ngateway string\nauxAddress map"),
    "ContainerCapabilities": _table("adds set:string\ndrops set:string"),
    "ContainerHost": _table("host string required\nip string required"),
    "ContainerHealthcheck": _table("""
        tests          list:string
        interval       string   ="0s"
        timeout        string   ="0s"
        startPeriod    string   ="0s"
        startInterval  string   ="0s"
        retries        integer  =0
    """),
    "ContainerMount": _table("""
        target         string   required
        type           string   required
        source         string
        readOnly       boolean
        tmpfsOptions   ContainerMountTmpfsOptions
    """),
    "ContainerMountTmpfsOptions": _table("mode integer\nsizeBytes integer"),
    "ContainerNetworksAdvanced": _table("""
        name           string   required
        aliases        set:string
        ipv4Address    string
    """),
    "ContainerPort": _table("""
        internal       integer  required
        external       integer  computed
        ip             string   ="0.0.0.0"
        protocol       string   ="tcp"
    """),
    "ContainerUpload": _table("""
        file           string   required
        content        string
        contentBase64  string
        executable     boolean  =false
        permissions    string
        owner          string
        group          string
    """),
    "ContainerVolume": _table("""
        containerPath  string
        volumeName     string
        hostPath       string
        readOnly       boolean
    """),
    "ContainerNetworkData": _table("""
        networkName             string
        ipAddress               string
        ipPrefixLength          integer
        gateway                 string
        globalIpv6Address       string
        globalIpv6PrefixLength  integer
        ipv6Gateway             string
        macAddress              string
    """),
    "RemoteImageBuild": _table("""
        context        string   required
        dockerfile     string   ="Dockerfile"
        tags           list:string
        buildArgs      map
        label          map
        labels         map
        target         string
        noCache        boolean
        platform       string
        builder        string
    """),
}

NETWORK = _table("""
    name           string   computed
    driver         string   computed
    internal       boolean  computed
    ipamConfigs    set:NetworkIpamConfig  computed
    labels         set:NetworkLabel
""")

VOLUME = _table("""
    name           string   computed
    driver         string   computed
    labels         set:VolumeLabel
""")

REMOTE_IMAGE = _table("""
    name           string   required
    build          RemoteImageBuild
    forceRemove    boolean  live
    keepLocally    boolean  live
    platform       string
    pullTriggers   set:string
    triggers       map
""")

CONTAINER = _table("""
    image              string   required
    name               string   computed
    capabilities       ContainerCapabilities
    command            list:string  computed
    cpus               string
    destroyGraceSeconds  integer  live
    dns                set:string
    entrypoints        list:string  computed
    envs               set:string   computed
    healthcheck        ContainerHealthcheck  computed
    hostname           string   computed
    hosts              set:ContainerHost
    init               boolean  computed  live
    ipcMode            string   computed
    labels             set:ContainerLabel  computed
    logDriver          string   computed
    logOpts            map
    maxRetryCount      integer  live
    memory             integer  live
    memorySwap         integer  live
    mounts             set:ContainerMount
    mustRun            boolean  live  =true
    networksAdvanced   set:ContainerNetworksAdvanced
    ports              set:ContainerPort
    readOnly           boolean  =false
    removeVolumes      boolean  live  =true
    restart            string   live  ="no"
    rm                 boolean  live  =false
    securityOpts       set:string  computed
    start              boolean  live  =true
    stopSignal         string   computed
    stopTimeout        integer  computed
    tmpfs              map      live
    uploads            set:ContainerUpload
    user               string
    volumes            set:ContainerVolume
    wait               boolean  live  =false
    waitTimeout        integer  live  =60
    workingDir         string
""")


def schema_json(tables: dict[str, tuple[Table, Table]], version: str) -> str:
    """Return the package schema.

    Args:
        tables: Inputs and further outputs by type token.
        version: The version of the published schema.
    """
    host = {"host": {"type": "string", "defaultInfo": {"environment": ["DOCKER_HOST"]}}}
    return json.dumps(
        {
            "name": "docker",
            "version": version,
            "provider": {"inputProperties": host, "properties": host},
            "config": {"variables": host},
            "types": {
                _object_token(name): {
                    "type": "object",
                    "properties": _specs(table),
                    "required": _required(table),
                }
                for name, table in OBJECTS.items()
            },
            "resources": {
                token: {
                    "inputProperties": _specs(inputs),
                    "requiredInputs": _required(inputs),
                    "properties": _specs({**inputs, **outputs}),
                    "required": [*_required(inputs), *outputs],
                }
                for token, (inputs, outputs) in tables.items()
            },
        }
    )


def _object_token(name: str) -> str:
    return f"docker:index/{name}:{name}"


def _required(table: Table) -> list[str]:
    return [name for name, declared in table.items() if declared.required]


def _specs(table: Table) -> dict[str, Any]:
    return {name: _spec(declared.type) for name, declared in table.items()}


def _spec(kind: str) -> dict[str, Any]:
    head, _, item = kind.rpartition(":")
    if head:
        return {"type": "array", "items": _spec(item)}
    if kind == "map":
        return {"type": "object", "additionalProperties": {"type": "string"}}
    return {"$ref": f"#/types/{_object_token(kind)}"} if kind[0].isupper() else {"type": kind}
