"""What a Keycloak object is called by what it is, however it was found: in a program, a state, a live realm, an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.core.registry import catalogue

if TYPE_CHECKING:
    from provision.rules.thing import Thing


def natural_name(thing: Thing) -> str:
    """The name that its natural key makes: ``client cli in realm mcp``; empty for another object, or where it is not known.

    Args:
        thing: The object.
    """
    handler = catalogue().get(f"provision:keycloak:{thing.kind}")
    if handler is None:
        return ""
    key = {
        field.name: thing.properties.get(field.wire, thing.defaults.get(field.wire))
        for field in handler.spec.key_fields()
    }
    if not all(isinstance(value, str) for value in key.values()):
        return ""
    spec: Any = handler.spec.model_construct(**key)
    return str(spec.label())
