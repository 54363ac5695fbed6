"""Plug-ins: the folders of one of our packages, and the packages that other distributions add as entry points.

Our package's name is also the name of the entry point group.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@cache
def own(package: str) -> tuple[str, ...]:
    """Return the names of a package's folders, sorted.

    Args:
        package: The package, for example ``provision.runtimes``.
    """
    folders = importlib.import_module(package).__path__
    return tuple(sorted(item.name for item in pkgutil.iter_modules(folders) if item.ispkg))


@cache
def added(package: str) -> dict[str, EntryPoint]:
    """Return the entry points that other distributions add, by their name; every installed distribution is searched.

    Args:
        package: Our package, whose name is also the name of the entry point group.
    """
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=package)}


def names(package: str) -> tuple[str, ...]:
    """Return the names of all plug-ins, our own first.

    Args:
        package: The package.
    """
    return (*own(package), *sorted(added(package).keys() - own(package)))


def place(package: str, name: str) -> str | None:
    """Return the package of a plug-in, or None if there is no such plug-in; nothing of the plug-in is imported.

    Args:
        package: Our package.
        name: The plug-in's name.
    """
    if name in own(package):
        return f"{package}.{name}"
    point = added(package).get(name)
    return None if point is None else point.value


def distribution(package: str, name: str) -> str | None:
    """Return the distribution that adds a plug-in, or None for a plug-in of ours.

    Args:
        package: Our package.
        name: The plug-in's name.
    """
    if name in own(package):
        return None
    point = added(package).get(name)
    return None if point is None or point.dist is None else point.dist.name


def part(package: str, name: str, module: str) -> str | None:
    """Return a module of a plug-in by its name, or None if the plug-in has no such module.

    Args:
        package: Our package.
        name: The plug-in's name.
        module: The module's name in the plug-in's package.
    """
    home = place(package, name)
    return f"{home}.{module}" if home is not None and find_spec(f"{home}.{module}") is not None else None
