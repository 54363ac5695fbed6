"""Users don't write what tokens say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="user-attributes-open",
    severity="medium",
    title="Users can't give themselves attributes",
    why="Mappers put attributes of users into tokens, and servers trust them: a tenant, a department, a plan. With unmanaged attributes "
    "open, a user writes any attribute by the account API.",
    fix="unmanagedAttributePolicy: DISABLED # or ADMIN_EDIT",
    see="https://keycloak.org/docs/latest/server_admin/index.html#user-profile",
    on=("UserProfile",),
    ephemeral="advisory",
    breaks=((Add("UserProfile", {"realm": "mcp", "unmanagedAttributePolicy": "ENABLED"}),),),
)
def check(profile: Thing, scene: Scene) -> Iterator[Violation]:
    """Attributes that the profile does not list are not for users."""
    del scene
    if profile.get("unmanagedAttributePolicy") == "ENABLED":
        yield Violation("unmanagedAttributePolicy", "users may give themselves any attribute")
