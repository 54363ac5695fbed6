"""Every kind of object, found by looking into the folders that hold the kinds.

A package of the toolkit called ``objects`` (one or two levels deep) or ``resources`` (two levels deep) is a *home* of kinds
when its ``__init__.py`` names their Pulumi module (``MODULE = "…"``) and the groups in which the documentation lists them, in
order (``GROUPS``). A home has one module for each kind, named after the kind.
One of the homes names the class of the provider's configuration (``CONFIGURATION = "module:class"``).
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import provision
from provision._lib import plug_ins
from provision.core.spec import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from provision.core.configuration import Configuration
    from provision.core.handler import Handler

_FOLDERS = ("*/objects", "*/*/objects", "*/*/resources")
_PLUG_INS = "provision.runtimes"
"""Plug-ins of this package that other distributions add may have a home too: their package ``resources``."""
_NAME = re.compile(r"[A-Z]\w*")
_REGISTRY: dict[str, type[Handler[Any]]] = {}
_FORMER: dict[str, type[Handler[Any]]] = {}


def register(token: str, former: tuple[str, ...], handler: type[Handler[Any]]) -> None:
    """Remember the handler of a kind.

    Args:
        token: The kind's Pulumi type token.
        former: The kind's tokens in former versions.
        handler: The kind's handler.
    """
    _REGISTRY[token] = handler
    _FORMER.update(dict.fromkeys(former, handler))


@cache
def homes() -> Mapping[str, ModuleType]:
    """Return the packages that hold kinds, by their Pulumi module; loads no kind."""
    found = {}
    for name in _packages():
        home = importlib.import_module(name)
        if hasattr(home, "MODULE"):
            found[home.MODULE] = home
    return MappingProxyType(dict(sorted(found.items())))


def _packages() -> Iterator[str]:
    for root in map(Path, provision.__path__):
        for pattern in _FOLDERS:
            for file in root.glob(f"{pattern}/__init__.py"):
                yield ".".join((provision.__name__, *file.parent.relative_to(root).parts))


def home(module: str) -> ModuleType | None:
    """Return the package that holds the kinds of a Pulumi module, also one that another distribution adds, or None.

    Args:
        module: The Pulumi module.
    """
    if module in homes():
        return homes()[module]
    place = plug_ins.part(_PLUG_INS, module, "resources")
    found = None if place is None else importlib.import_module(place)
    return found if getattr(found, "MODULE", None) == module else None


@cache
def configuration() -> type[Configuration]:
    """Return the class of the provider's configuration, which one of the homes names."""
    (name,) = (home.CONFIGURATION for home in homes().values() if hasattr(home, "CONFIGURATION"))
    found: type[Configuration] = pkgutil.resolve_name(name)
    return found


def kind(token: str) -> type[Handler[Any]] | None:
    """Return the handler of the kind with that type token, of now or of a former version, or None.

    ``provision:library:OpeningHours`` is in the module ``opening_hours`` of its home, and no other kind is loaded. A
    former name is found only after all kinds of the home are loaded.
    """
    if token in _REGISTRY:
        return _REGISTRY[token]
    package, _, rest = token.partition(":")
    module, _, name = rest.partition(":")
    if token not in _FORMER and package == PACKAGE and _NAME.fullmatch(name) and (there := home(module)):
        file = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        _load(there, _modules(there) & {file} or _modules(there))
    return _REGISTRY.get(token) or _FORMER.get(token)


@cache
def catalogue() -> Mapping[str, type[Handler[Any]]]:
    """Return every kind of object by its type token, in a stable order; a new module in a home is found by itself."""
    for home in homes().values():
        _load(home, _modules(home))
    return MappingProxyType(dict(sorted(_REGISTRY.items())))


def _load(home: ModuleType, modules: frozenset[str]) -> None:
    for module in modules:
        importlib.import_module(f"{home.__name__}.{module}")


@cache
def _modules(home: ModuleType) -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(home.__path__))
