"""Nobody administers Keycloak just by having an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.keycloak.builtin import default_role
from provision.rules.administration import (
    Role,
    administering,
    groups_in_scene,
    of_group,
    roles_in_scene,
    shown,
)
from provision.rules.changes import Add
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="everyone-administers",
    severity="high",
    title="Nobody administers Keycloak just by having an account",
    why="Every user and every service account of a realm has its default role, and every new user joins its default groups. "
    "An administrative role in one of them, also by way of other roles, makes everybody with an account an administrator.",
    fix="take the role out of the default role or group, and give it to those who need it",
    see="https://www.keycloak.org/docs/latest/server_admin/index.html",
    on=("RealmRole", "Group"),
    beside=("ClientRole",),
    parameters={
        "roles": [
            "/admin",
            "/create-realm",
            "realm-management/*",
            "*-realm/create-client",
            "*-realm/impersonation",
            "*-realm/manage-*",
            "*-realm/query-*",
            "*-realm/view-*",
        ]
    },
    breaks=(
        (
            Add(
                "RealmRole",
                {
                    "realm": "mcp",
                    "name": "default-roles-mcp",
                    "clientComposites": {"realm-management": ["manage-clients"]},
                },
            ),
        ),
        (
            Add(
                "RealmRole",
                {
                    "realm": "mcp",
                    "name": "helpdesk",
                    "clientComposites": {"realm-management": ["view-users"]},
                },
            ),
            Add("RealmRole", {"realm": "mcp", "name": "default-roles-mcp", "realmComposites": ["helpdesk"]}),
        ),
        (
            Add(
                "Group",
                {
                    "realm": "mcp",
                    "path": "/newcomers",
                    "clientRoles": {"realm-management": ["manage-users"]},
                    "everyone": True,
                },
            ),
        ),
    ),
)
def check(given: Thing, scene: Scene) -> Iterator[Violation]:
    """The default role and the default groups lead to no role of the list, a pattern of owner and name."""
    realm = given.get("realm")
    if given.kind == "Group":
        start = of_group(given, groups_in_scene(scene, realm)) if _has_all_members(given) else iter(())
    else:
        start = (Role("", name) for name in (given.get("name"),) if name == _default_role(given))
    for way in administering(start, roles_in_scene(scene, realm), scene.parameters["roles"]):
        yield Violation("", f"gives everybody {shown(way if given.kind == 'Group' else way[1:])}")


def _default_role(role: Thing) -> str:
    """The name that Keycloak gives it; of a realm that was renamed an audit tells which it is."""
    return str(role.get("name") if "everyone" in role.properties else default_role(str(role.get("realm"))))


def _has_all_members(group: Thing) -> bool:
    return "everyone" in group.properties and bool(group.get("everyone"))
