"""A program that writes the table of settings in ``docs/server.md`` from the settings themselves (``make docs``)."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision.config.server import ServerConfig
from provision.server.options import ServerOptions
from provision.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

PAGE = Path(__file__).parents[1] / "docs" / "server.md"
_TABLE = re.compile(r"(<!-- Written by `make docs`: the settings. -->\n\n)(?:\|.*\n)*")


def page() -> str:
    """Return the whole page: the handwritten part, and the table."""
    table = "\n".join(_rows()) + "\n"
    return _TABLE.sub(lambda found: found[1] + table, PAGE.read_text(encoding="utf-8"))


def _rows() -> Iterator[str]:
    yield "| setting | in a stack file | default | limits | meaning |"
    yield "|---|---|---|---|---|"
    fields = Settings.model_fields
    # Required settings come first, then the user's options.
    order = sorted(
        fields, key=lambda name: (not fields[name].is_required(), name not in ServerOptions.model_fields)
    )
    schema = Settings.model_json_schema()["properties"]
    for name in order:
        key = f"`{_IN_A_STACK[name]}`" if name in _IN_A_STACK else ""
        cells = (
            f"`{name}`",
            key,
            _default(fields[name]),
            _limits(schema[name]),
            fields[name].description or "",
        )
        yield "| " + " | ".join(cells) + " |"


_SAME = (*ServerOptions.model_fields, "name", "port", "tls_certificate_file", "tls_key_file")
_IN_A_STACK = {name: ServerConfig.model_fields[name].alias or name for name in _SAME} | {
    "scopes": "scope.name",
    "introspection_client_id": "clientId",
}


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    value = info.default
    return (
        "none" if value is None else f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"
    )


def _limits(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "minimum" in schema:
        return f"{schema['minimum']:,} to {schema['maximum']:,}"
    return f"{schema['minLength']} to {schema['maxLength']} characters" if "maxLength" in schema else ""


def main() -> None:
    """Write the table."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"wrote {len(Settings.model_fields)} settings\n")


if __name__ == "__main__":
    main()
