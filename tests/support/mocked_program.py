"""A Pulumi program run with Pulumi's own mocks in place of the engine."""

from __future__ import annotations

import asyncio
import copy
import json
import signal
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pulumi
from pulumi.runtime import reset_options
from pulumi.runtime.proto import source_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_IMAGE = "sha256:" + "0" * 64


class Recorder(pulumi.runtime.Mocks):
    """Mocks that make every resource at once, with the outputs of a real resource."""

    def __init__(self) -> None:
        self.made: dict[str, pulumi.runtime.MockResourceArgs] = {}
        self.all: list[pulumi.runtime.MockResourceArgs] = []
        self.outputs: dict[str, Any] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        args.inputs = {name: _clear(value) for name, value in args.inputs.items()}
        self.made[args.name] = args
        self.all.append(args)  # two of different types may have one name
        return args.name, {**args.inputs, **_outputs(args)}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {}


def _outputs(args: pulumi.runtime.MockResourceArgs) -> dict[str, Any]:
    made = _OUTPUTS.get(args.typ)
    return made(args.name, args.inputs) if made else {}


_OUTPUTS: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    "provision:process:Keycloak": lambda _, inputs: {
        "url": f"http://localhost:{int(inputs['port'])}",
        "dataId": "d1",
    },
    "provision:process:McpServer": lambda _, inputs: {
        "url": f"{'https' if inputs.get('tlsCertificateFile') else 'http'}://localhost:{int(inputs['port'])}/mcp",
        "resourceMetadata": "http://x",
    },
    "provision:docker:ServerData": lambda *_: {"dataId": "d1"},
    "provision:keycloak:Realm": lambda _, inputs: {
        "issuer": f"http://localhost:8080/realms/{inputs['name']}"
    },
    "provision:index:Runtime": lambda *_: {"mark": "0123456789abcdef"},
    "provision:index:GeneratedSecret": lambda name, _: {"value": f"generated-{name}"},
    "docker:index/network:Network": lambda *_: {
        "ipamConfigs": [{"subnet": "172.18.0.0/16", "gateway": "172.18.0.1"}]
    },
    "docker:index/remoteImage:RemoteImage": lambda *_: {"imageId": _IMAGE},
}


def _clear(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) and "value" in value else value


@contextmanager
def own_event_loop() -> Iterator[None]:
    """Use a new event loop and root stack: Pulumi's runtime uses the current ones, with traces of other programs."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    reset_options()
    try:
        yield
    finally:
        loop.close()
        asyncio.set_event_loop(None)


def with_mocks(
    action: Callable[[], Any], recorder: Recorder | None = None, stack: str = "dev"
) -> dict[str, pulumi.runtime.MockResourceArgs]:
    """Run an action as Pulumi runs a program; return the declared resources by name."""
    recorder = recorder or Recorder()
    interrupt = signal.getsignal(signal.SIGINT)  # which a program takes for the whole process
    # Pulumi sends each resource with the trace of the call that declares it, which no mock reads.
    with own_event_loop(), mock.patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace):
        pulumi.runtime.set_mocks(recorder, project="provision", stack=stack, preview=False)
        try:
            pulumi.runtime.test(action)()
        finally:
            signal.signal(signal.SIGINT, interrupt)
    return recorder.made


def declared_by(values: Mapping[str, Any], kind: type[Recorder] = Recorder) -> Recorder:
    """Return the mocks that recorded all resources and outputs of the stack's program.

    Equal values are declared once in a process; each caller has a copy of the records.

    Args:
        values: The values under ``provision:`` in a stack file.
        kind: The class of the mocks.
    """
    return copy.deepcopy(_declared(json.dumps(values), kind))


@cache
def _declared(values: str, kind: type[Recorder]) -> Recorder:
    from provision.config.stack_config import read
    from provision.stack.component import McpStack

    recorder = kind()

    def build() -> Any:
        config = read(json.loads(values), source="f")
        stack = McpStack("dev", config, home=Path(_home().name), folder=Path("/stacks"))
        return pulumi.Output.all(**stack.outputs).apply(recorder.outputs.update)

    with mock.patch("provision.runtimes.docker.daemon.missing", return_value=None):
        with_mocks(build, recorder)
    return recorder


@cache
def _home() -> tempfile.TemporaryDirectory[str]:
    """Return the folder of all stacks of this process: the contexts of their images are written once."""
    return tempfile.TemporaryDirectory(prefix="declared-")
