"""Snapshots of stacks that break no rule: the content of the project's own stack files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from provision.core.registry import catalogue
from provision.rules.sources import program
from provision.rules.sources.resource_input import ResourceInput
from tests.support.kubernetes_program import resources as kubernetes
from tests.support.mocked_program import declared_by

_STACKS = Path(__file__).parents[2] / "stacks"
_SECRET = "of-a-test-and-long-enough"


@cache
def good(name: str) -> Any:
    """Return the snapshot of a good stack.

    Args:
        name: ``dev`` (processes), ``docker`` (the same in containers), ``prod`` (a realm of its own on an
            external Keycloak, so that all of it can be seen), or ``kubernetes`` (the same, with another program's
            declarations of Keycloak and the server).
    """
    return program.snapshot(resources(name), profile(name))


def profile(name: str) -> Any:
    """Return the purpose of a good stack."""
    return "prod" if name in {"prod", "kubernetes"} else "dev"


def resources(name: str, **more: Any) -> list[ResourceInput]:
    """Return the resources that the program of a good stack declares.

    Args:
        name: See :func:`good`.
        more: Further or replacing keys of the stack file.
    """
    if name == "kubernetes":
        # This program runs Keycloak and the server itself, and declares so.
        others = [item for item in resources("prod") if item.type != "provision:index:McpStack"]
        told = {"profile": "prod", "runtime": "external"}
        return [*others, ResourceInput("provision:index:McpStack", "prod", told), *kubernetes()]
    values = _values(profile(name))
    if name == "prod":
        values["realm"] = {**values["realm"], "adopt": False}
        values |= {"adminClientSecret": _SECRET, "introspectionClientSecret": f"{_SECRET}-2"}
    if name == "docker":
        values["runtime"] = "docker"
    values |= more
    made = declared_by(values).all
    return [ResourceInput(args.typ, args.name, _checked(args.typ, args.inputs)) for args in made]


def _checked(token: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs in the form of the provider's check: the wire's spelling, numbers whole."""
    calls = catalogue().get(token)
    return calls.spec.model_validate(inputs).wire() if calls else inputs


def _values(stack: str) -> dict[str, Any]:
    document = yaml.safe_load((_STACKS / f"Pulumi.{stack}.yaml").read_text())
    return {key.removeprefix("provision:"): value for key, value in document["config"].items()}
