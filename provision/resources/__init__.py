"""The typed resource classes that a Pulumi program imports, derived from the specs.

``provision.resources.keycloak.Realm("mcp", name="mcp")`` and so on; ``__init__.pyi`` beside this file tells editors
and type checkers the arguments (written by ``make stubs``).
"""

from __future__ import annotations

import sys
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import pulumi
from pydantic import ValidationError

from provision.core.across_fields import NotKnownYetError, with_unknown
from provision.core.registry import catalogue, configuration, home, homes, kind
from provision.core.spec import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.core.handler import Handler
    from provision.core.spec import Model, Spec

__all__ = ["Provider", "docker", "index", "keycloak", "process"]


class Provider(pulumi.ProviderResource):
    """The provider as a resource, whose arguments are the provider's configuration.

    Args:
        resource_name: The Pulumi name.
        opts: Pulumi's options.
        settings: The configuration, under the names of its declaration (:func:`provision.core.registry.configuration`).

    Raises:
        TypeError: An argument is unknown or missing.
    """

    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **settings: Any
    ) -> None:
        declared = configuration()
        props = _properties(declared, "Provider", settings)
        required = (field.name for field in declared.fields().values() if field.required)
        if missing := [name for name in required if settings.get(name) is None]:
            raise TypeError(f"Provider needs {', '.join(missing)}")
        super().__init__(PACKAGE, resource_name, props, opts)


class Resource(pulumi.CustomResource):
    """The base of every derived resource class."""

    handler: type[Handler[Any]]

    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **inputs: Any
    ) -> None:
        declared = self.handler.spec
        props = _properties(declared, type(self).__name__, inputs)
        outputs = self.handler.outputs.fields().values()
        props |= {field.wire: None for field in outputs}
        hidden = [field.wire for field in (*declared.fields().values(), *outputs) if field.secret]
        spec = self._told(inputs)
        program = _Program.of_this_run()
        first = program.needed(declared, spec)
        own = pulumi.ResourceOptions(
            additional_secret_outputs=hidden,
            depends_on=first,
            aliases=[pulumi.Alias(type_=token) for token in declared.former_tokens],
        )
        super().__init__(declared.token, resource_name, props, pulumi.ResourceOptions.merge(opts, own))
        program.declare(spec, self)

    def _told(self, inputs: dict[str, Any]) -> Spec | None:
        """Return the declared spec, as far as it is known now, or None if it is wrong."""
        given = {name: value for name, value in inputs.items() if value is not None}
        container = self.handler.spec.container()
        if container is not None and isinstance(given.get(container.name), pulumi.Output):
            given[container.name] = "known later"
        later = frozenset(name for name, value in given.items() if isinstance(value, pulumi.Output))
        kind = with_unknown(self.handler.spec, later) if later else self.handler.spec
        try:
            return kind.model_validate({name: given[name] for name in given.keys() - later})
        except ValidationError:
            return None  # the check reports the errors

    def __getattr__(self, name: str) -> Any:
        # Properties are kept under their wire names. Pulumi's own translation of names is not used: it reaches
        # every depth, and the keys of a user's dict are not ours to respell.
        models = (type(self).handler.spec, type(self).handler.outputs)
        wire = {field.name: field.wire for model in models for field in model.fields().values()}.get(name)
        if wire is None or wire not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} has no property {name!r}")
        return self.__dict__[wire]


def _properties(declared: type[Model], name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments under their wire names, with secrets marked.

    Raises:
        TypeError: An argument is unknown.
    """
    fields = {field.name: field for field in declared.fields().values()}
    if unknown := sorted(given.keys() - fields.keys()):
        raise TypeError(f"{name} has no argument {unknown[0]!r}; it has {', '.join(sorted(fields))}")
    props: dict[str, Any] = {}
    for key, field in fields.items():
        value = given.get(key)
        props[field.wire] = pulumi.Output.secret(value) if value is not None and field.secret else value
    return props


class _Program:
    """The declarations of a program so far, so that an object comes after the objects that it depends on.

    Pulumi sees a dependency when an output of one resource is an input of another; with a plain text it sees none.
    """

    _runs: ClassVar[WeakKeyDictionary[pulumi.Resource, _Program]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, ...], pulumi.Resource] = {}
        self._by_kind: dict[str, list[pulumi.Resource]] = {}

    @classmethod
    def of_this_run(cls) -> _Program:
        """Return the declarations of the running program."""
        root = pulumi.runtime.get_root_resource()
        return cls() if root is None else cls._runs.setdefault(root, cls())

    def needed(self, kind: type[Spec], spec: Spec | None) -> list[pulumi.Resource]:
        """Return the resources declared so far that must exist before an object of the kind."""
        first = [self._by_key[key] for key in _references(spec) if key in self._by_key]
        return first + [item for name in kind.follows for item in self._by_kind.get(name, ())]

    def declare(self, spec: Spec | None, resource: Resource) -> None:
        """Remember a declared resource."""
        self._by_kind.setdefault(resource.handler.spec.__name__, []).append(resource)
        if spec is not None:
            with suppress(NotKnownYetError):
                self._by_key[spec.key_in_container()] = resource


def _references(spec: Spec | None) -> Iterator[tuple[str, ...]]:
    """Yield the objects that a spec names, as far as it is known."""
    if spec is not None:
        with suppress(NotKnownYetError):
            yield from spec.references()


class _Kinds(ModuleType):
    """A module whose classes are derived when a program first names them."""

    def __getattr__(self, name: str) -> type[Resource]:
        module = self.__name__.rpartition(".")[2]
        handler = kind(f"{PACKAGE}:{module}:{name}")
        if handler is None:
            raise AttributeError(f"provision:{module} has no resource {name}")
        if handler.spec.__name__ != name:  # its name in a former version
            return getattr(self, handler.spec.__name__)  # type: ignore[no-any-return]
        made = type(
            name,
            (Resource,),
            {"handler": handler, "__doc__": handler.spec.__doc__, "__module__": self.__name__},
        )
        setattr(self, name, made)
        return made

    def __dir__(self) -> list[str]:
        module = self.__name__.rpartition(".")[2]
        return [token.rpartition(":")[2] for token in catalogue() if token.split(":")[1] == module]


def __getattr__(name: str) -> ModuleType:
    """Derive the classes of a runtime that another distribution adds, when its module is first named."""
    if name.startswith("_") or home(name) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _derived(name)


def _derived(module: str) -> ModuleType:
    made = _Kinds(f"{__name__}.{module}", f"The resources of provision:{module}.")
    globals()[module] = sys.modules[made.__name__] = made
    return made


for _module in homes():
    _derived(_module)
