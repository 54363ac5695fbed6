"""The reader of the containers in a Kubernetes Deployment or StatefulSet, with the Keycloak or MCP server in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.rules.helpers.secret_names import HIDDEN
from provision.rules.model import Resource
from provision.rules.sources.adapters.keycloak_options import Placement, is_keycloak, keycloak_server
from provision.rules.sources.adapters.program import Program, is_hidden, seen, within
from provision.rules.sources.adapters.server_settings import ELSEWHERE, is_fastmcp, mcp_server
from provision.rules.sources.kinds import CONTAINER_SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.sources.resource_input import ResourceInput

_POD = "spec.template.spec"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - what a port of the node is published on when no address is named


def resources(declared: ResourceInput) -> Iterator[Resource]:
    """Yield each container of the pod, and the server in it."""
    pod = within(declared.properties, "spec", "template", "spec")
    replicas = within(declared.properties, "spec", "replicas")
    for group in ("initContainers", "containers"):
        for index, container in enumerate(seen(within(pod, group))):
            at = f"{_POD}.{group}[{index}]"
            program = _program(container, at)
            yield _container(declared.name, container, pod, program)
            if is_keycloak(program):
                count = 1 if replicas is None else replicas
                placement = Placement(reachable=True, replicas=count, replicas_at="spec.replicas")
                yield keycloak_server(declared.name, program, placement)
            elif is_fastmcp(program):
                yield _fastmcp(declared.name, program, at)


def _fastmcp(name: str, program: Program, at: str) -> Resource:
    paths = {"logLevel": f"{at}.env", "detailedErrors": f"{at}.env", "arguments": f"{at}.args"}
    return mcp_server(name, ELSEWHERE | {"name": name}, own=program, paths=paths)


def _container(name: str, container: Any, pod: Any, program: Program) -> Resource:
    context = within(container, "securityContext")
    return Resource(
        "Container",
        name,
        {
            "name": within(container, "name"),
            "image": program.image,
            "user": _user(context, within(pod, "securityContext")),
            "readOnlyRoot": within(context, "readOnlyRootFilesystem") or False,
            "capabilitiesAdded": within(context, "capabilities", "add") or [],
            "capabilitiesDropped": within(context, "capabilities", "drop") or [],
            "privileged": within(context, "privileged") or False,
            "environment": dict(program.environment),
            "arguments": list(program.arguments),
            "publishedOn": _published_on(container, pod),
            "mounts": _mounts(pod),
            "securityOptions": _security_options(context),
        },
        secrets=CONTAINER_SECRETS,
        paths=_paths(program.arguments_at.removesuffix(".args")),
    )


def _paths(at: str) -> dict[str, str]:
    context = f"{at}.securityContext"
    return {
        "name": f"{at}.name",
        "image": f"{at}.image",
        "user": f"{context}.runAsUser",
        "readOnlyRoot": f"{context}.readOnlyRootFilesystem",
        "capabilitiesAdded": f"{context}.capabilities.add",
        "capabilitiesDropped": f"{context}.capabilities.drop",
        "privileged": f"{context}.privileged",
        "environment": f"{at}.env",
        "arguments": f"{at}.args",
        "publishedOn": f"{at}.ports",
        "mounts": f"{_POD}.volumes",
        "securityOptions": f"{context}.allowPrivilegeEscalation",
    }


def _program(container: Any, at: str) -> Program:
    return Program(
        image=within(container, "image") or "",
        arguments=(*seen(within(container, "command")), *seen(within(container, "args"))),
        environment=_environment(container),
        arguments_at=f"{at}.args",
        environment_at=f"{at}.env",
        image_at=f"{at}.image",
    )


def _environment(container: Any) -> dict[str, Any]:
    """Return the variables with values, without values that come from a Secret."""
    found: dict[str, Any] = {}
    for item in seen(within(container, "env")):
        name, value = within(item, "name"), within(item, "value")
        if value is not None:
            found[HIDDEN if is_hidden(name) else str(name)] = value
    return found


def _user(context: Any, pod: Any) -> Any:
    """Return the user's number, from the container or else from the pod."""
    for place in (context, pod):
        user = within(place, "runAsUser")
        if user is not None:
            return user if is_hidden(user) else f"{user:.0f}"
    others = [within(place, "runAsNonRoot") for place in (context, pod)]
    hidden = next((value for value in others if is_hidden(value)), None)
    return hidden or ("not root" if True in others else None)


def _security_options(context: Any) -> Any:
    escalation = within(context, "allowPrivilegeEscalation")
    if is_hidden(escalation):
        return escalation
    return ["no-new-privileges"] if escalation is False else []


def _published_on(container: Any, pod: Any) -> list[Any]:
    if within(pod, "hostNetwork") is True:
        return [_EVERYWHERE]
    ports = [port for port in seen(within(container, "ports")) if within(port, "hostPort")]
    return [within(port, "hostIP") or _EVERYWHERE for port in ports]


def _mounts(pod: Any) -> list[Any]:
    return [within(item, "hostPath", "path") or within(item, "name") for item in seen(within(pod, "volumes"))]
