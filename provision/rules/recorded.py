"""What a stack recorded when it was made, as rules look at it, and a live realm in its surroundings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from provision.rules.declared import Resource
from provision.rules.live import OF_A_STACK
from provision.rules.natural_name import natural_name
from provision.rules.thing import MASKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provision.rules.rule import Landscape
    from provision.rules.thing import Thing

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks a value of a special kind in its state."""
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"


def resources(state: Iterable[Mapping[str, Any]]) -> tuple[Resource, ...]:
    """The resources of a Pulumi state, with secrets that can't be seen.

    Args:
        state: As ``pulumi stack export`` lists them.
    """
    return tuple(
        Resource(item["type"], item["urn"], _without_secrets(item.get("inputs") or {})) for item in state
    )


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE, _ASSET) != _ASSET:
            return MASKED
        return {key: _without_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value


def surrounded(live: Landscape, recorded: Landscape) -> Landscape:
    """A live realm with what the stack that made it recorded of its surroundings; its objects get the stack's names.

    Args:
        live: The realm.
        recorded: The stack's resources.
    """
    names = {identity(thing): thing.name for thing in recorded.things}
    own = [replace(thing, name=names.get((thing.kind, thing.name), thing.name)) for thing in live.things]
    server = next((thing for thing in own if thing.kind == "KeycloakServer"), None)
    if any(thing.kind == "KeycloakServer" for thing in recorded.things):
        own = [thing for thing in own if thing is not server]
    lacking = {*OF_A_STACK, *live.unseen}
    seen = {identity(thing) for thing in own}
    around = [
        _with_version(thing, server)
        for thing in recorded.things
        if thing.kind in lacking and identity(thing) not in seen
    ]
    unseen = {kind: why for kind, why in live.unseen.items() if kind not in OF_A_STACK}
    return replace(live, things=(*own, *around), unseen=unseen)


def identity(thing: Thing) -> tuple[str, str]:
    """The kind, and what a live realm calls it.

    Args:
        thing: An object, recorded or read.
    """
    return thing.kind, natural_name(thing) or thing.name


def _with_version(thing: Thing, server: Thing | None) -> Thing:
    """A Keycloak knows its own version better than who started it."""
    if (
        thing.kind != "KeycloakServer"
        or server is None
        or isinstance(server.properties["version"], str) is False
    ):
        return thing
    return replace(thing, properties={**thing.properties, "version": server.properties["version"]})
