"""The places in files that reports for code hosts link findings to."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib.urn import Urn, is_urn
from provision.config.names import NAMESPACE
from provision.config.objects import further_name, names, written_objects
from provision.config.yaml_file import line_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.config.project import StackFile

_CLIENT = "provision:keycloak:Client"


def address(file: Path) -> str:
    """Return the path of a file from the root of its git repository, or from the working directory if there is none.

    Args:
        file: The file.
    """
    full = file.resolve()
    roots = [folder for folder in full.parents if (folder / ".git").exists()]
    root = roots[0] if roots else Path.cwd().resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_uri()


def line_finder(stack: StackFile) -> Callable[[str], int]:
    """Return a function that returns the line of the stack file that declares a resource; 1 if no single line does.

    Args:
        stack: The stack.
    """

    @cache
    def places() -> dict[str, tuple[str | int, ...]]:
        clients = (stack.document().get("config") or {}).get(f"{NAMESPACE}:clients")
        known = (
            (entry.get("clientId"), place)
            for place, entry in enumerate(clients if isinstance(clients, list) else ())
            if isinstance(entry, dict)
        )
        found: dict[str, tuple[str | int, ...]] = {
            f"{_CLIENT}::{name}": ("clients", place) for name, place in known
        }
        for part in written_objects(stack.document()):
            for name, place in names(part.entries).items():
                found[further_name(part.realm, name) if part.realm else name] = (*part.path, place)
        return found

    def line(resource: str) -> int:
        urn = Urn.parse(resource) if is_urn(resource) else None
        found = urn and (places().get(urn.name) or places().get(f"{urn.type}::{urn.name}"))
        if not found:
            return 1
        key, *inner = found
        return line_of(stack.file, ("config", f"{NAMESPACE}:{key}", *inner)) or 1

    return line
