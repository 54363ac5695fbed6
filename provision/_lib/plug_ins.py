"""Plug-ins: the folders in a package of ours, and what other distributions add under an entry point group of its name."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.util import find_spec


@cache
def own(package: str) -> tuple[str, ...]:
    """Return the names of a package's folders, sorted.

    Args:
        package: The package, for example ``provision.runtimes``.
    """
    folders = importlib.import_module(package).__path__
    return tuple(sorted(item.name for item in pkgutil.iter_modules(folders) if item.ispkg))


@cache
def added(package: str) -> dict[str, str]:
    """Return the packages that other distributions add, by their name; looks at every distribution that is installed.

    Args:
        package: The package, whose name is that of the entry point group.
    """
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=package)}


def names(package: str) -> tuple[str, ...]:
    """Return the names of all plug-ins, our own first.

    Args:
        package: The package.
    """
    return (*own(package), *sorted(added(package).keys() - own(package)))


def place(package: str, name: str) -> str | None:
    """Return the package of a plug-in, or None if there is no such plug-in; imports nothing of it.

    Args:
        package: The package that holds ours.
        name: The plug-in's name.
    """
    return f"{package}.{name}" if name in own(package) else added(package).get(name)


def part(package: str, name: str, module: str) -> str | None:
    """Return the module of a plug-in that has a certain name, or None if there is none.

    Args:
        package: The package that holds ours.
        name: The plug-in's name.
        module: The module's name in the plug-in's package.
    """
    home = place(package, name)
    return f"{home}.{module}" if home is not None and find_spec(f"{home}.{module}") is not None else None
