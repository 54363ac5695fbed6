"""No client stays logged in without being asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_SCOPE = "offline_access"


@rule(
    id="offline-access-default",
    severity="medium",
    title="No client gets offline access unasked",
    why="With the scope `offline_access` a client gets a refresh token that outlives the user's session, for weeks. As a default scope "
    "every client gets one at every login, whether it needs it or not; as an optional one it has to ask, and users see it.",
    fix="kind: optional # of the scope offline_access",
    see="https://keycloak.org/docs/latest/server_admin/index.html#_offline-access",
    on=("RealmClientScopeAssignment", "ClientScopeAssignment", "RealmClientScopes"),
    breaks=(
        (Add("RealmClientScopeAssignment", {"realm": "mcp", "scope": _SCOPE, "kind": "default"}),),
        (
            Add(
                "ClientScopeAssignment",
                {"scope": _SCOPE},
                like=Where("ClientScopeAssignment", {"kind": "default"}),
            ),
        ),
        (
            Add(
                "RealmClientScopes",
                {
                    "realm": "mcp",
                    "defaultScopes": ["basic", "mcp:tools", _SCOPE],
                    "optionalScopes": ["profile", "email"],
                },
            ),
        ),
    ),
)
def check(membership: Thing, scene: Scene) -> Iterator[Violation]:
    """It is no default scope of the realm or of a client."""
    del scene
    if membership.kind == "RealmClientScopes":
        if _SCOPE in membership.items("defaultScopes"):
            yield Violation("defaultScopes", "every new client gets offline access at each login")
    elif membership.get("scope") == _SCOPE and membership.get("kind") == "default":
        whose = (
            "every new client"
            if membership.kind == "RealmClientScopeAssignment"
            else membership.get("client")
        )
        yield Violation("kind", f"{whose} gets offline access at each login")
