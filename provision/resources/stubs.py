"""The writer of ``provision/resources/__init__.pyi``: the derived classes as editors and type checkers see them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision.core.registry import catalogue, configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.core.spec import Model

FILE = Path(__file__).with_name("__init__.pyi")
_HEAD = '''"""Written by `make stubs`; do not edit."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from typing_extensions import deprecated
'''


def stubs() -> str:
    """Return the text of the stub file, from the present specs."""
    from provision.provider.schema import schema

    derived = schema("0")
    resources = derived["resources"]
    modules: dict[str, list[str]] = {}
    for token, handler in catalogue().items():
        _, module, name = token.split(":")
        modules.setdefault(module, []).append(_class(name, handler, resources[token]))
        modules[module] += [_former(old.rpartition(":")[2], name) for old in handler.spec.former_tokens]
    parts = [_HEAD, _provider(derived["provider"]["inputProperties"])]
    for module, classes in sorted(modules.items()):
        parts.append(f"class {module}:\n" + "\n".join(classes))
    return "\n".join(parts)


def _class(name: str, handler: Any, resource: dict[str, Any]) -> str:
    fields = [*handler.spec.fields().values(), *handler.outputs.fields().values()]
    lines = [f"    class {name}(pulumi.CustomResource):", f'        """{_summary(handler.spec)}"""', ""]
    lines += [
        f"        {field.name}: pulumi.Output[{_type(resource['properties'][field.wire])}]"
        for field in fields
    ]
    lines += [f"    {line}" for line in _constructor(handler.spec, resource["inputProperties"])]
    return "\n".join([*lines, ""])


def _former(name: str, now: str) -> str:
    """Return the class under the name that it had in a former version."""
    return f'    @deprecated("Renamed to {now}.")\n    class {name}({now}): ...\n'


def _provider(properties: dict[str, Any]) -> str:
    declared = configuration()
    lines = ["class Provider(pulumi.ProviderResource):", f'    """{_summary(declared)}"""']
    return "\n".join([*lines, *_constructor(declared, properties), ""])


def _summary(declared: type[Model]) -> str:
    return (declared.__doc__ or "").splitlines()[0]


def _constructor(declared: type[Model], properties: dict[str, Any]) -> Iterator[str]:
    yield from ("    def __init__(", "        self,", "        resource_name: str,", "        *,")
    for field in declared.fields().values():
        kind = f"pulumi.Input[{_type(properties[field.wire], inside='pulumi.Input[{}]')}]"
        yield (
            f"        {field.name}: {kind},"
            if field.required
            else f"        {field.name}: {kind} | None = ...,"
        )
    yield from ("        opts: pulumi.ResourceOptions | None = ...,", "    ) -> None: ...")


def _type(entry: dict[str, Any], inside: str = "{}") -> str:  # noqa: PLR0911 - one line for each kind of type
    """Return the Python type of a property; ``inside`` makes the type of the values of a list or dict."""
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
