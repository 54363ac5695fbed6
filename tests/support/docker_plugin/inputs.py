"""Checking and comparing declared properties against the published ones."""

from __future__ import annotations

import json
from typing import Any

from provision.provider.wire import UNKNOWN, Hidden, holds_unknown, plain
from tests.support.docker_plugin.published import OBJECTS, Property, Table

_CLASSES: dict[str, type] = {"string": str, "integer": int, "boolean": bool}


def checked(table: Table, values: dict[str, Any], path: str = "") -> tuple[dict[str, Any], list[str]]:
    """Return the values with the defaults filled in, and the defects; no defect holds a value."""
    failures = [
        f"{path}{name} is no property that this stand-in knows; there are: {', '.join(table)}"
        for name in values
        if name not in table
    ]
    result = {}
    for name, declared in table.items():
        value = values.get(name)
        if value is None:
            value = declared.default
        if value is not None:
            result[name], wrong = _checked_value(declared.type, value, path + name)
            failures += wrong
        elif declared.required:
            failures.append(f"{path}{name} is missing")
    return result, failures


def _checked_value(kind: str, value: Any, path: str) -> tuple[Any, list[str]]:
    if isinstance(value, Hidden):
        inner, failures = _checked_value(kind, value.value, path)
        return Hidden(inner), failures
    head, _, item = kind.rpartition(":")
    wanted: type = list if head else _CLASSES.get(kind, dict)
    if value is UNKNOWN:
        return value, []
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        return value, [f"{path} must be of the type {kind}"]
    if kind in OBJECTS:
        return checked(OBJECTS[kind], value, f"{path}.")
    if kind in _CLASSES:
        return value, []
    keys = list(range(len(value)) if head else value)
    each = [_checked_value(item if head else "string", value[key], f"{path}[{key}]") for key in keys]
    members = [member for member, _ in each]
    failures = [failure for _, wrong in each for failure in wrong]
    return (members if head else dict(zip(keys, members, strict=True))), failures


def canonical(kind: str, value: Any) -> Any:
    """Return the plain value in a canonical form: sets sorted, empty members of objects left out."""
    value = plain(value)
    head, _, item = kind.rpartition(":")
    if head and isinstance(value, list):
        members = [canonical(item, member) for member in value]
        return (
            sorted(members, key=lambda member: json.dumps(member, sort_keys=True, default=str))
            if head == "set"
            else members
        )
    if kind in OBJECTS and isinstance(value, dict):
        forms = {name: canonical(declared.type, value.get(name)) for name, declared in OBJECTS[kind].items()}
        return {name: form for name, form in forms.items() if form not in (None, "", [], {}, False, 0)}
    return value


def differences(table: Table, old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Return the differences by property: ``add``, ``delete`` or ``update``, and whether each replaces the object."""
    found = {}
    for name, declared in table.items():
        before, after = old.get(name), new.get(name)
        if (after is None and declared.computed) or _same(declared, before, after):
            continue
        kind = "add" if before is None else "delete" if after is None else "update"
        found[name] = (kind, not declared.live)
    return found


def _same(declared: Property, before: Any, after: Any) -> bool:
    if holds_unknown(after):
        return False
    return bool(canonical(declared.type, before) == canonical(declared.type, after))


def refreshed(table: Table, stored: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """Return the stored inputs updated from the daemon; for an import, which has none stored, all inputs."""
    if not stored:
        empty = (None, "", [], {}, False, 0)
        return {
            name: value for name, value in live.items() if value not in empty and value != table[name].default
        }
    return {
        name: live[name] if name in live and not _same(table[name], value, live[name]) else value
        for name, value in stored.items()
    }
