"""Writes ``provision/resources/__init__.pyi``: the derived classes as editors and type checkers see them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from provision.core.registry import catalogue

FILE = Path(__file__).with_name("__init__.pyi")
_HEAD = '''"""Written by `make stubs`; do not edit."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

class Provider(pulumi.ProviderResource):
    """Which Keycloak resources go to, and as whom."""
    def __init__(
        self,
        resource_name: str,
        *,
        url: pulumi.Input[str],
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str],
        ca_file: pulumi.Input[str] | None = ...,
        auth_realm: pulumi.Input[str] | None = ...,
        features: pulumi.Input[str] | None = ...,
        opts: pulumi.ResourceOptions | None = ...,
    ) -> None: ...
'''


def stubs() -> str:
    """The text of the stub file, from the specs as they are now."""
    from provision.provider.schema import schema

    resources = schema("0")["resources"]
    modules: dict[str, list[str]] = {}
    for token, handler in catalogue().items():
        _, module, name = token.split(":")
        modules.setdefault(module, []).append(_class(name, handler, resources[token]))
    parts = [_HEAD]
    for module, classes in sorted(modules.items()):
        parts.append(f"class {module}:\n" + "\n".join(classes))
    return "\n".join(parts)


def _class(name: str, handler: Any, resource: dict[str, Any]) -> str:
    fields = [*handler.spec.fields().values(), *handler.outputs.fields().values()]
    summary = resource["description"].splitlines()[0]
    lines = [f"    class {name}(pulumi.CustomResource):", f'        """{summary}"""', ""]
    lines += [
        f"        {field.name}: pulumi.Output[{_type(resource['properties'][field.wire])}]"
        for field in fields
    ]
    lines += [
        "        def __init__(",
        "            self,",
        "            resource_name: str,",
        "            *,",
    ]
    for field in handler.spec.fields().values():
        kind = _type(resource["inputProperties"][field.wire], inside="pulumi.Input[{}]")
        given = f"pulumi.Input[{kind}]"
        lines.append(
            f"            {field.name}: {given},"
            if field.required
            else f"            {field.name}: {given} | None = ...,"
        )
    lines += ["            opts: pulumi.ResourceOptions | None = ...,", "        ) -> None: ...", ""]
    return "\n".join(lines)


def _type(entry: dict[str, Any], inside: str = "{}") -> str:  # noqa: PLR0911 - one line for each kind of type
    """The Python type of a property; ``inside`` is what becomes of the type of a list's or dict's values."""
    match entry.get("type"):
        case "string":
            return "str"
        case "boolean":
            return "bool"
        case "integer":
            return "int"
        case "number":
            return "float"
        case "array":
            return f"Sequence[{inside.format(_type(entry['items'], inside))}]"
        case "object":
            return f"Mapping[str, {inside.format(_type(entry['additionalProperties'], inside))}]"
        case _:
            return "Any"


if __name__ == "__main__":
    FILE.write_text(stubs(), encoding="utf-8")
    sys.stderr.write(f"wrote {FILE.name}\n")
