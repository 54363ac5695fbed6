"""The typed resource classes that a Pulumi program imports, derived from the specs.

``provision.resources.keycloak.Realm("mcp", name="mcp")`` and so on; ``__init__.pyi`` beside this file tells editors
and type checkers the arguments (written by ``make stubs``).
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pulumi

from provision.spec import PACKAGE, Calls, catalogue

__all__ = ["Provider", "index", "keycloak", "process"]


class Provider(pulumi.ProviderResource):
    """Which Keycloak resources go to, and as whom.

    Args:
        resource_name: The Pulumi name.
        url: Keycloak's base address.
        client_id: The provisioning service account in the master realm.
        client_secret: Its secret.
        opts: Pulumi's options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        url: pulumi.Input[str],
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"url": url, "clientId": client_id, "clientSecret": pulumi.Output.secret(client_secret)}
        super().__init__(PACKAGE, resource_name, props, opts)


class Resource(pulumi.CustomResource):
    """What every derived class has in common."""

    calls: type[Calls[Any]]

    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **inputs: Any
    ) -> None:
        fields = {field.name: field for field in self.calls.spec.fields().values()}
        if unknown := sorted(inputs.keys() - fields.keys()):
            raise TypeError(
                f"{type(self).__name__} has no argument {unknown[0]!r}; it has {', '.join(sorted(fields))}"
            )
        props: dict[str, Any] = {}
        for name, field in fields.items():
            value = inputs.get(name)
            if value is not None and field.secret:
                value = pulumi.Output.secret(value)
            props[name] = value
        outputs = self.calls.outputs.fields().values()
        props |= {field.name: None for field in outputs}
        hidden = [field.name for field in (*fields.values(), *outputs) if field.secret]
        merged = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=hidden))
        super().__init__(self.calls.spec.token, resource_name, props, merged)

    def translate_input_property(self, prop: str) -> str:
        """The wire name of a Python name."""
        return _names(self.calls).get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        """The Python name of a wire name."""
        return next((name for name, wire in _names(self.calls).items() if wire == prop), prop)


def _names(calls: type[Calls[Any]]) -> dict[str, str]:
    return {
        field.name: field.wire for model in (calls.spec, calls.outputs) for field in model.fields().values()
    }


def _derive() -> None:
    for token, calls in catalogue().items():
        _, module, name = token.split(":")
        home = f"{__name__}.{module}"
        if home not in sys.modules:
            sys.modules[home] = ModuleType(home, f"The resources of provision:{module}.")
            globals()[module] = sys.modules[home]
        members = {"calls": calls, "__doc__": calls.spec.__doc__, "__module__": home}
        setattr(sys.modules[home], name, type(name, (Resource,), members))


_derive()
