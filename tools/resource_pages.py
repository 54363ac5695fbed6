"""A program that writes ``docs/resources/``: a page for each kind of object, from its spec and sample (``make docs``)."""

from __future__ import annotations

import inspect
import json
import re
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from provision.core.registry import catalogue, homes
from provision.core.spec import Mark
from tests.support.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.core.handler import Handler
    from provision.core.spec import Field

FOLDER = Path(__file__).parents[1] / "docs" / "resources"
README = Path(__file__).parents[1] / "README.md"
REALM = "mcp"
_OVERVIEW = re.compile(r"^\| group \| kinds \|\n(?:\|.*\n)+", re.MULTILINE)
_HEAD = "<!-- Written by `make docs`; do not edit. -->"
_LIBRARY = "[Using the library](../library.md)"

_MODULES = ("keycloak", "process", "docker", "index")
"""The order of the Pulumi modules; any other one comes after them."""

_MARKS = {
    Mark.NATURAL_KEY: ("part of the key", "Finds the object, and is part of its import id. Another value is another object."),
    Mark.REPLACE_ON_CHANGE: ("replaces", "A change makes the object anew."),
    Mark.SECRET: ("secret", "Kept encrypted in the state and never shown."),
    Mark.UNORDERED: ("order does not matter", "A list that is compared as a set."),
    Mark.WRITE_ONLY: ("not read back", "Keycloak never tells it, so a change by somebody else is not seen."),
    Mark.CREATE_ONLY: ("only at creation", "Matters while the object is made; a later change is not a difference."),
}  # fmt: skip
"""The wording of a field's marks in the field's row, and the meaning of each mark."""

_LOCAL_SAMPLES: dict[str, dict[str, Any]] = {
    "provision:index:GeneratedSecret": {"name": "introspection-client-secret"},
    "provision:index:Runtime": {"home": "/srv/mcp", "runtime": "docker"},
    "provision:docker:Port": {"name": "keycloak", "port": 8080},
    "provision:docker:ServerData": {"name": "keycloak", "runsIn": "0123456789ab"},
    "provision:process:Keycloak": {
        "home": "/srv/mcp/keycloak",
        "port": 8080,
        "adminClientId": "provision-admin",
        "adminClientSecret": "of-the-admin-client",
    },
    "provision:process:McpServer": {
        "home": "/srv/mcp/calculator",
        "name": "calculator",
        "port": 3000,
        "issuer": "http://localhost:8080/realms/mcp",
        "scopes": ["mcp:tools"],
        "introspectionClientId": "mcp-server",
        "introspectionClientSecret": "of-the-introspection-client",
    },
}
"""Examples of the kinds that are not in Keycloak."""


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    made = {f"{handler.spec.__name__}.md": _page(handler) for handler in catalogue().values()}
    return {"README.md": _index(), **made}


def groups() -> dict[str, list[type[Handler[Any]]]]:
    """Return every kind by its group, in the order of the homes' groups; a group that no home names comes last.

    Raises:
        LookupError: A kind declares no group, and its home has several.
    """
    ordered = sorted(homes().items(), key=lambda item: [*_MODULES, item[0]].index(item[0]))
    found: dict[str, list[type[Handler[Any]]]] = {title: [] for _, home in ordered for title in home.GROUPS}
    for token, handler in catalogue().items():
        titles = homes()[token.split(":")[1]].GROUPS
        if not handler.spec.group and len(titles) > 1:
            raise LookupError(f'{token} declares no group: class …(Spec, module=…, group="{titles[0]}")')
        found.setdefault(handler.spec.group or titles[0], []).append(handler)
    return {
        title: sorted(kinds, key=lambda handler: (handler.spec.rank, handler.spec.__name__))
        for title, kinds in found.items()
    }


def overview() -> str:
    """Return the README's table: every group and its kinds."""
    rows = ["| group | kinds |", "|---|---|"]
    for title, kinds in groups().items():
        names = [handler.spec.__name__ for handler in kinds]
        rows.append(f"| {title} | {', '.join(f'[{name}](docs/resources/{name}.md)' for name in names)} |")
    return "\n".join(rows) + "\n"


def summary(handler: type[Handler[Any]]) -> str:
    """Return the description of a kind in one line."""
    return _prose(handler.spec.__doc__ or "").splitlines()[0]


def example(handler: type[Handler[Any]]) -> dict[str, Any]:
    """Return the inputs of the kind's example, in the wire's spelling."""
    token = handler.spec.token
    if token in _LOCAL_SAMPLES:
        return _LOCAL_SAMPLES[token]
    realm = {"realm": REALM} if "realm" in handler.spec.fields() else {}
    return {**realm, **SAMPLES[token].inputs}


def _index() -> str:
    lines = [
        _HEAD,
        "# Resources",
        "",
        f"How to use them in a program of your own: {_LIBRARY}. `provision schema --pulumi` prints the same as a Pulumi schema.",
        "",
    ]
    for title, kinds in groups().items():
        lines += [f"## {title}", "", "| kind | what it is |", "|---|---|"]
        lines += [
            f"| [{handler.spec.__name__}]({handler.spec.__name__}.md) | {_cell(summary(handler))} |"
            for handler in kinds
        ]
        lines.append("")
    lines += [
        "## How to read the pages",
        "",
        "An input without a default has to be given. The default of any other counts when the object is made; of what exists",
        "already, only what you declare is changed and compared, see [0006](../decisions/0006-only-what-is-declared.md).",
        "",
        "Python spells inputs and outputs with underscores, YAML in camel case. The keys inside a nested value are in camel",
        "case in both.",
        "",
        "| mark | meaning |",
        "|---|---|",
        *(f"| *{words}* | {meaning} |" for words, meaning in _MARKS.values()),
        "",
        "The id of an object is its key, part by part, with slashes between. Write a slash inside a part as `%2F` and a percent",
        "sign as `%25`. A part that does not apply stays empty.",
    ]
    return _text(lines)


def _page(handler: type[Handler[Any]]) -> str:
    spec = handler.spec
    lines = [_HEAD, f"# {spec.__name__}", "", f"`{spec.token}`", "", _prose(spec.__doc__ or ""), ""]
    if former := [token.rpartition(":")[2] for token in spec.former_tokens]:
        names = " and ".join(f"`{name}`" for name in former)
        lines += [f"Called {names} by former versions; states and programs that say so go on working.", ""]
    if source := _source(spec):
        lines += [f"Keycloak's documentation: {source}.", ""]
    lines += [*_examples(handler), "## Inputs", "", *_table(spec, inputs=True)]
    if handler.outputs.model_fields:
        lines += ["## Outputs", "", *_table(handler.outputs, inputs=False)]
    if nested := _nested(spec):
        lines += ["## Nested types", ""]
        for part in nested:
            lines += [
                f"### {part.__name__}",
                "",
                _prose(part.__doc__ or ""),
                "",
                *_table(part, inputs=True, nested=True),
            ]
    lines += _import(handler)
    return _text(lines)


def _source(spec: type[BaseModel]) -> str:
    """Return the document that the module names, unless the kind's own text names the same document."""
    module = inspect.getmodule(spec)
    named = re.search(r'\(((?:Keycloak |Server |Admin )[^)]*"[^)]*)\)', (module and module.__doc__) or "")
    told = "Guide" in (spec.__doc__ or "")
    return "" if named is None or told else named[1].removeprefix("Keycloak ")


def _table(model: Any, *, inputs: bool, nested: bool = False) -> Iterator[str]:
    fields = sorted(model.fields().values(), key=lambda field: _rank(field, inputs=inputs))
    head = ["name"] if nested else ["Python", "YAML"]
    head += ["type", *(["default"] if inputs else []), "meaning"]
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for field in fields:
        info = model.model_fields[field.name]
        names = [f"`{field.wire}`"] if nested else [f"`{field.name}`", f"`{field.wire}`"]
        cells = [*names, _cell(_type(info.annotation))]
        if inputs:
            cells.append("**required**" if info.is_required() else _cell(_default(info)))
        said = [words for mark, (words, _) in _MARKS.items() if mark in field.marks]
        marks = f" *{', '.join(said)}*" if said else ""
        cells.append(_cell(_prose(info.description or "")) + marks)
        yield f"| {' | '.join(cells)} |"
    yield ""


def _rank(field: Field, *, inputs: bool) -> int:
    """Return the sort key of a field: fields of the key first, then other required fields."""
    return 0 if Mark.NATURAL_KEY in field.marks else 2 if inputs and not field.required else 1


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        text = " or ".join(_type(item) for item in arguments if item is not type(None))
    elif origin is Literal:
        text = ", ".join(f"`{value}`" for value in arguments)
    elif hasattr(annotation, "__metadata__"):
        text = _type(arguments[0])
    elif origin in {tuple, list}:
        text = f"list of {_type(arguments[0])}"
    elif origin is dict:
        text = f"map to {_type(arguments[1])}"
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        text = f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    else:
        text = {str: "text", bool: "boolean", int: "integer", float: "number"}.get(annotation, "any")
    return text


def _default(info: Any) -> str:
    value = info.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True)
    if value is None:
        return "none"
    if value in ("", (), {}):
        return "empty"
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def _nested(model: Any) -> list[type[BaseModel]]:
    """Return the types of nested values, each once, in the order of their first use."""
    found: dict[type[BaseModel], None] = {}
    queue = [info.annotation for info in model.model_fields.values()]
    while queue:
        annotation = queue.pop(0)
        if annotation in found:
            continue  # a type may have values of its own type inside
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found[annotation] = None
            queue += [info.annotation for info in annotation.model_fields.values()]
        queue += get_args(annotation)
    return list(found)


def _examples(handler: type[Handler[Any]]) -> Iterator[str]:
    spec, values = handler.spec, example(handler)
    _, module, name = spec.token.split(":")
    fields = spec.fields()
    secrets = [wire for wire in values if fields[wire].secret]
    needs_provider = module == "keycloak"
    yield "## Example"
    yield ""
    if needs_provider:
        yield f"`here` says which Keycloak: {_LIBRARY}."
        yield ""
    yield "```python"
    if secrets:
        yield "import pulumi"
    yield f"from provision.resources import {module}"
    yield ""
    yield f"{module}.{name}("
    yield '    "example",'
    for wire, value in values.items():
        shown = f'pulumi.Config().require_secret("{wire}")' if wire in secrets else _python(value, 1)
        yield f"    {fields[wire].name}={shown},"
    if needs_provider:
        yield "    opts=here,"
    yield ")"
    yield "```"
    yield ""
    yield "```yaml"
    if secrets:
        yield "config:"
        for wire in secrets:
            yield f"  {wire}: {{type: string, secret: true}}"
    yield "resources:"
    yield "  example:"
    yield f"    type: {spec.token}"
    yield "    properties:" if values else "    properties: {}"
    for wire, value in values.items():
        yield from _yaml(wire, f"${{{wire}}}" if wire in secrets else _escaped(value), 3)
    if needs_provider:
        yield '    options: {provider: "${here}"}'
    yield "```"
    yield ""


_WIDTH = 90


def _python(value: Any, depth: int) -> str:
    """Return a value as a Python literal, on one line if it fits."""
    line = _literal(value)
    if len(line) + 4 * depth < _WIDTH or not isinstance(value, dict | list):
        return line
    inner = "    " * (depth + 1)
    if isinstance(value, dict):
        items = [f"{inner}{_literal(key)}: {_python(item, depth + 1)}," for key, item in value.items()]
        return "\n".join(["{", *items, "    " * depth + "}"])
    return "\n".join(["[", *(f"{inner}{_python(item, depth + 1)}," for item in value), "    " * depth + "]"])


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _escaped(value: Any) -> Any:
    """Return a value with ``${…}`` escaped, which Pulumi's YAML would read as a reference."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return {key: _escaped(item) for key, item in value.items()} if isinstance(value, dict) else value


_PLAIN = re.compile(r"[A-Za-z/$][\w{}/.:@-]*(?<!:)")
_WORDS_OF_YAML = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def _scalar(value: Any) -> str:
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS_OF_YAML
    if plain and not ({"{", "}"} & set(value) and not value.startswith("${")):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _yaml(key: str, value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    flow = _flow(value)
    if not isinstance(value, dict | list) or len(flow) + len(key) + 2 * depth < _WIDTH:
        yield f"{indent}{_scalar(key)}: {flow}"
    elif isinstance(value, dict):
        yield f"{indent}{_scalar(key)}:"
        for name, item in value.items():
            yield from _yaml(name, item, depth + 1)
    else:
        yield f"{indent}{_scalar(key)}:"
        for item in value:
            if isinstance(item, dict) and len(_flow(item)) + 2 * depth >= _WIDTH:
                first, *rest = [line for name, part in item.items() for line in _yaml(name, part, depth + 2)]
                yield f"{indent}  - {first.lstrip()}"
                yield from rest
            else:
                yield f"{indent}  - {_flow(item)}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _import(handler: type[Handler[Any]]) -> Iterator[str]:
    spec = handler.spec
    yield "## Import"
    yield ""
    if spec.token in _LOCAL_SAMPLES:
        yield "It is not imported: it begins and ends with the stack."
        return
    if SAMPLES[spec.token].nameless:
        yield "It cannot be imported: Keycloak has no key for it and does not tell its content again."
        return
    shape = "/".join(f"<{field.wire}>" for field in spec.key_fields())
    identity = spec.model_validate(example(handler)).identity()
    yield "```console"
    yield f"$ pulumi import {spec.token} NAME '{shape}'"
    yield f"$ pulumi import {spec.token} example '{identity}'"
    yield "```"
    if hidden := [field.wire for field in spec.fields().values() if field.secret]:
        yield ""
        names, one = " and ".join(f"`{wire}`" for wire in hidden), len(hidden) == 1
        yield f"{names} {'is' if one else 'are'} not imported; declare {'it' if one else 'them'} afterwards."


def _prose(docstring: str) -> str:
    return inspect.cleandoc(docstring).replace("``", "`")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _text(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for block in lines for line in block.split("\n")).rstrip("\n") + "\n"


def main() -> None:
    """Write all pages and the README's table; remove the pages of kinds that no longer exist."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    written: Mapping[str, str] = pages()
    for left_over in {path.name for path in FOLDER.iterdir()} - written.keys():
        (FOLDER / left_over).unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    README.write_text(_OVERVIEW.sub(lambda _: overview(), readme), encoding="utf-8")
    sys.stderr.write(f"wrote {len(written)} pages and the README's table\n")


if __name__ == "__main__":
    main()
