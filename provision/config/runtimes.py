"""What a stack file may say for each runtime: the facts that the runtimes declare of themselves."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import core_schema

from provision._lib import plug_ins
from provision._lib.errors import ProvisionError
from provision.core import registry, spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

    from provision.config.stack_config import StackConfig

PACKAGE = "provision.runtimes"
"""The package with a folder for each runtime, and the entry point group for runtimes of other distributions."""
AUTO = "auto"
"""What a stack file says that leaves the choice."""


def _nothing(_config: StackConfig) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class RuntimeFacts:
    """What is known of a runtime before it is loaded.

    Args:
        singular: What it runs a program as: ``container``.
        plural: The same, of several: ``containers``.
        manner: How a stack runs in it, for a sentence: ``in containers``.
        server_key: The key of a server of the user's own that it can run.
        starts_keycloak: Whether it starts Keycloak; if not, the stack file says where Keycloak is (``keycloak.url``).
        is_recorded: Whether a stack that is up is bound to it: the stack's folder then keeps a record.
        auto_order: Its place among the runtimes that ``runtime: auto`` tries, the lowest first; None if it is not one.
        problems: Yields what else is wrong with a stack file that names it.
        rule_sources: The modules that tell the security rules of its resources, by type token; each has
            ``resources(declared)``.
    """

    singular: str
    plural: str
    manner: str
    server_key: Literal["command", "image"]
    starts_keycloak: bool = True
    is_recorded: bool = True
    auto_order: int | None = None
    problems: Callable[[StackConfig], Iterator[str]] = _nothing
    rule_sources: Mapping[str, str] = field(default_factory=dict)


def names() -> tuple[str, ...]:
    """Return the names of all runtimes, our own first."""
    return plug_ins.names(PACKAGE)


def is_known(name: str) -> bool:
    """Return whether there is such a runtime."""
    return plug_ins.place(PACKAGE, name) is not None


@cache
def facts(name: str) -> RuntimeFacts:
    """Return what a runtime declares of itself, from its module ``facts``.

    Args:
        name: The runtime.

    Raises:
        ProvisionError: There is no such runtime, or it can't be loaded.
    """
    found = load(name, "facts", "FACTS", lambda declared: declared)
    if not isinstance(found, RuntimeFacts):
        raise _broken(name, TypeError("FACTS of its module facts is no RuntimeFacts"))
    return found


def load(name: str, module: str, attribute: str, make: Callable[[Any], Any]) -> Any:
    """Return an object made from what a module of a runtime defines.

    Args:
        name: The runtime.
        module: The module's name in the runtime's package.
        attribute: The attribute of the module.
        make: Makes the object from the attribute.

    Raises:
        ProvisionError: There is no such runtime, or it can't be loaded.
    """
    home = plug_ins.place(PACKAGE, name)
    if home is None:
        raise ProvisionError(
            f"There is no runtime {name!r} on this machine; there are {', '.join(names())}.",
            "Install the package that brings it, or name another one.",
        )
    try:
        return make(getattr(importlib.import_module(f"{home}.{module}"), attribute))
    except Exception as error:  # the package of another distribution may fail in any way
        raise _broken(name, error) from error


def _broken(name: str, error: Exception) -> ProvisionError:
    """Return the error for a runtime that can't be loaded."""
    distribution = plug_ins.distribution(PACKAGE, name)
    reason = f"{type(error).__name__}: {error}".rstrip(".")
    if distribution is None:
        return ProvisionError(f"The runtime {name} can't be loaded: {reason}.", "Install provision again.")
    return ProvisionError(
        f"The runtime {name} of the distribution {distribution} can't be loaded: {reason}.",
        f"Update {distribution}, or uninstall it.",
    )


def _loadable() -> Iterator[tuple[str, RuntimeFacts]]:
    """Yield the runtimes with their facts, without runtimes that can't be loaded: `provision doctor` shows these."""
    for name in names():
        try:
            found = facts(name)
        except ProvisionError:
            continue
        yield name, found


def tried_by_auto() -> tuple[str, ...]:
    """Return the runtimes that ``runtime: auto`` tries, in this order; a runtime that can't be loaded is left out."""
    ordered = sorted((it.auto_order, name) for name, it in _loadable() if it.auto_order is not None)
    return tuple(name for _, name in ordered)


def misfits(config: StackConfig, name: str) -> Iterator[str]:
    """Yield what of a stack file does not fit a runtime.

    Args:
        config: What the stack file says.
        name: The runtime.

    Raises:
        ProvisionError: There is no such runtime.
    """
    it = facts(name)
    if it.starts_keycloak == (config.keycloak.url is not None):
        others = " or ".join(other for other in plug_ins.own(PACKAGE) if not facts(other).starts_keycloak)
        lacks = "keycloak.url" if config.keycloak.url is None else f"runtime: {others}"
        yield f"runtime: {others} and keycloak.url go together; add {lacks}, or leave out the other one"
    for path, server in config.placed_servers:
        for key in ("command", "image"):
            if key != it.server_key and getattr(server, key):
                other = _first_with(key)
                yield f"{path}.{key} is for runtime: {other}; a {it.singular} needs {path}.{it.server_key}"
    yield from it.problems(config)


@cache
def _own_rule_sources() -> dict[str, str]:
    return {
        token: module for name in plug_ins.own(PACKAGE) for token, module in facts(name).rule_sources.items()
    }


def rule_source(token: str) -> str | None:
    """Return the module that tells the security rules of a runtime's resource, or None for another resource.

    Args:
        token: The resource's Pulumi type token; for a runtime of another distribution, its Pulumi module has the
            runtime's name.
    """
    if token in _own_rule_sources():
        return _own_rule_sources()[token]
    module = token.split(":")[1] if token.startswith(f"{spec.PACKAGE}:") else ""
    if module in {"", *registry.homes()} or not is_known(module):
        return None
    return facts(module).rule_sources.get(token)


def _first_with(server_key: str) -> str:
    """Return the runtime of ours that starts Keycloak and takes servers by this key."""
    own = ((name, facts(name)) for name in plug_ins.own(PACKAGE))
    return next(name for name, it in own if it.starts_keycloak and it.server_key == server_key)


class RuntimeName:
    """Marks a text that has to be the name of a runtime.

    Args:
        also: Further texts that are allowed.
        only: Whether a runtime is allowed by its facts. Left out, all are allowed, and none is loaded.
    """

    def __init__(self, *also: str, only: Callable[[RuntimeFacts], bool] | None = None) -> None:
        self._also = also
        self._only = only

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Check the name when a value is read, and not before."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """List the names."""
        return {**handler(schema), "enum": self._allowed()}

    def _checked(self, value: str) -> str:
        if value in self._also or (is_known(value) and self._is_allowed(value)):
            return value
        raise ValueError(f"there is no runtime of that name; there are {', '.join(self._allowed())}")

    def _allowed(self) -> list[str]:
        if self._only is None:
            return [*names(), *self._also]
        return [*(name for name, it in _loadable() if self._only(it)), *self._also]

    def _is_allowed(self, name: str) -> bool:
        return self._only is None or self._only(facts(name))
