"""A Pulumi program run with Pulumi's own mocks in place of the engine."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import reset_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_IMAGE = "sha256:" + "0" * 64


class Recorder(pulumi.runtime.Mocks):
    """Mocks that make every resource at once, with the outputs of a real resource."""

    def __init__(self) -> None:
        self.made: dict[str, pulumi.runtime.MockResourceArgs] = {}
        self.all: list[pulumi.runtime.MockResourceArgs] = []

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
    return _recorded(action, recorder, stack).made


def _recorded(action: Callable[[], Any], recorder: Recorder | None = None, stack: str = "dev") -> Recorder:
    recorder = recorder or Recorder()
    pulumi.runtime.set_mocks(recorder, project="provision", stack=stack, preview=False)
    pulumi.runtime.test(action)()
    return recorder


def declared_by(
    values: Mapping[str, Any], folder: Path, recorder: Recorder | None = None
) -> list[pulumi.runtime.MockResourceArgs]:
    """Return all resources that the stack's program declares, including those with the same name and another type.

    Args:
        values: The values under ``provision:`` in a stack file.
        folder: The folder of the stack, for images' contexts.
        recorder: The mocks, if not the default ones.
    """
    from provision.config.stack_config import read
    from provision.stack.component import McpStack

    def build() -> Any:
        stack = McpStack("dev", read(values, source="f"), home=folder, folder=Path("/stacks"))
        return pulumi.Output.all(**stack.outputs)

    with own_event_loop():
        return _recorded(build, recorder).all
