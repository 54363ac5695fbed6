"""A program that prints the packages of its own Python, and the Pulumi plugin that each belongs to."""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata, util
from pathlib import Path
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def _normal(name: str) -> str:
    """Return a package's name in the form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _plugin(name: str, version: str) -> dict[str, str] | None:
    """Return the plugin that a package names in its ``pulumi-plugin.json``."""
    module = name.replace("-", "_")
    spec = util.find_spec(module) if module.isidentifier() else None
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder, "pulumi-plugin.json")
        if file.is_file() and (found := json.loads(file.read_text(encoding="utf-8"))).get("resource"):
            number = found.get("version") or version
            return {
                "name": found.get("name") or name.removeprefix("pulumi-"),
                "version": f"v{number.removeprefix('v')}",
                "server": found.get("server", ""),
            }
    return None


def packages() -> list[dict[str, Any]]:
    """Return each package with its version, its plugin, and whether another package needs it."""
    found = {_normal(item.metadata["Name"]): item for item in metadata.distributions()}
    needed = {
        _normal(match[0])
        for item in found.values()
        for line in item.requires or ()
        if "extra ==" not in line and (match := _NAME.match(line))
    }
    return [
        {
            "name": name,
            "version": item.version,
            "plugin": _plugin(name, item.version),
            "needed": name in needed,
        }
        for name, item in sorted(found.items())
    ]


if __name__ == "__main__":
    json.dump(packages(), sys.stdout)
