"""Every kind of object, found by looking into the folders that hold them."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from provision.core.spec import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.core.handler import Handler

_HOMES = {
    "keycloak": "provision.keycloak.objects",
    "process": "provision.runtimes.process.resources",
    "docker": "provision.runtimes.docker.resources",
    "index": "provision.stack.objects",
}
"""Where the kinds of each Pulumi module are: a package with one module for each kind, or a module that has them."""
MODULES = tuple(_HOMES)
"""The Pulumi modules of the package."""
_REGISTRY: dict[str, type[Handler[Any]]] = {}


def register(token: str, handler: type[Handler[Any]]) -> None:
    """Remember the handler of a kind.

    Args:
        token: The kind's Pulumi type token.
        handler: Its handler.
    """
    _REGISTRY[token] = handler


def kind(token: str) -> type[Handler[Any]] | None:
    """The kind of object with that type token, or None; loads no other kind than this.

    ``provision:keycloak:ClientScope`` is in the module ``client_scope`` of its home.
    """
    package, _, rest = token.partition(":")
    module, _, name = rest.partition(":")
    if token not in _REGISTRY and package == PACKAGE and module in _HOMES and name.isidentifier():
        home = importlib.import_module(_HOMES[module])
        file = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        if file in {item.name for item in pkgutil.iter_modules(getattr(home, "__path__", ()))}:
            importlib.import_module(f"{home.__name__}.{file}")
    return _REGISTRY.get(token)


@cache
def catalogue() -> Mapping[str, type[Handler[Any]]]:
    """Every kind of object by its type token, in a stable order; a new module in a home is found by itself."""
    for home in _HOMES.values():
        package = importlib.import_module(home)
        for module in pkgutil.iter_modules(getattr(package, "__path__", ())):
            importlib.import_module(f"{home}.{module.name}")
    return MappingProxyType(dict(sorted(_REGISTRY.items())))
