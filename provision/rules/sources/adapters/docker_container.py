"""The reader of a pulumi-docker container, with the Keycloak or the MCP server in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.rules.model import Resource
from provision.rules.sources.adapters.keycloak_options import (
    Placement,
    is_keycloak,
    keycloak_server,
    reachable,
)
from provision.rules.sources.adapters.program import Program, is_hidden, seen, variables, within
from provision.rules.sources.adapters.server_settings import (
    ELSEWHERE,
    FIELDS,
    is_fastmcp,
    mcp_server,
    properties_of_settings,
    read,
)
from provision.rules.sources.kinds import CONTAINER_SECRETS, OF_A_STACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.rules.sources.resource_input import ResourceInput

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - what Docker publishes on by default
_PATHS = {
    "readOnlyRoot": "readOnly",
    "capabilitiesAdded": "capabilities.adds",
    "capabilitiesDropped": "capabilities.drops",
    "environment": "envs",
    "arguments": "command",
    "publishedOn": "ports",
    "mounts": "volumes",
    "securityOptions": "securityOpts",
}


def resources(declared: ResourceInput) -> Iterator[Resource]:
    """Yield the container, unless it never runs, and the server in it."""
    properties = declared.properties
    yield from _settings(declared)
    starts = properties.get("start")
    if is_hidden(starts):
        yield Resource("Container", declared.name, dict.fromkeys(OF_A_STACK["Container"], starts))
    if starts is False or is_hidden(starts):
        return
    program = _program(properties)
    published = _published_on(properties)
    yield _container(declared, program, published)
    if is_keycloak(program):
        yield keycloak_server(declared.name, program, Placement(reachable=reachable(published)))
    elif is_fastmcp(program):
        paths = {"logLevel": "envs", "detailedErrors": "envs", "arguments": "command"}
        yield mcp_server(declared.name, ELSEWHERE | {"name": declared.name}, own=program, paths=paths)


def _container(declared: ResourceInput, program: Program, published: list[Any]) -> Resource:
    properties = declared.properties
    return Resource(
        "Container",
        declared.name,
        {
            "name": properties.get("name"),
            "image": properties.get("image"),
            "user": properties.get("user"),
            "readOnlyRoot": properties.get("readOnly") or False,
            "capabilitiesAdded": within(properties, "capabilities", "adds") or [],
            "capabilitiesDropped": within(properties, "capabilities", "drops") or [],
            "privileged": properties.get("privileged") or False,
            "environment": dict(program.environment),
            "arguments": list(program.arguments),
            "publishedOn": published,
            "mounts": _mounts(properties),
            "securityOptions": properties.get("securityOpts") or [],
        },
        secrets=CONTAINER_SECRETS,
        paths=_PATHS,
    )


def _program(properties: Mapping[str, Any]) -> Program:
    return Program(
        image=properties.get("image") or "",
        arguments=(*seen(properties.get("entrypoints")), *seen(properties.get("command"))),
        environment=variables(seen(properties.get("envs"))),
    )


def _published_on(properties: Mapping[str, Any]) -> list[Any]:
    if properties.get("networkMode") == "host":
        return [_EVERYWHERE]
    return [
        port if is_hidden(port) else port.get("ip") or _EVERYWHERE for port in seen(properties.get("ports"))
    ]


def _mounts(properties: Mapping[str, Any]) -> list[Any]:
    found = []
    for item in (*seen(properties.get("volumes")), *seen(properties.get("mounts"))):
        if is_hidden(item):
            found.append(item)
        else:
            found.append(item.get("hostPath") or item.get("source") or item.get("volumeName") or "")
    return found


def _settings(declared: ResourceInput) -> Iterator[Resource]:
    """Yield the MCP server whose settings file is put into the container."""
    image = declared.properties.get("image") or ""
    # An image built by the toolkit is known by its id; any other image holds a server of the user's own.
    own = Program(image=image) if isinstance(image, str) and not image.startswith("sha256:") else None
    for index, upload in enumerate(seen(declared.properties.get("uploads"))):
        file, content = within(upload, "file"), within(upload, "content")
        if is_hidden(file) or not str(file).endswith("settings.json"):
            continue
        settings = dict.fromkeys(FIELDS, content) if is_hidden(content) else read(content)
        if settings is None:
            continue
        properties = settings if is_hidden(content) else properties_of_settings(settings)
        paths = dict.fromkeys(FIELDS, f"uploads[{index}].content")
        yield mcp_server(declared.name, properties, own=own, paths=paths)
