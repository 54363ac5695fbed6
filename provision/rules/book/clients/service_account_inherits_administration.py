"""No service account administers Keycloak by a role or a group that leads to such a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.administration import (
    ADMINISTRATION,
    ADMINISTRATORS,
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

_REPORTER = Add(
    "Client",
    {"realm": "mcp", "clientId": "nightly-report", "access": "confidential", "serviceAccounts": True},
)
_OPERATOR = Add(
    "RealmRole",
    {"realm": "mcp", "name": "operator", "clientComposites": {"realm-management": ["realm-admin"]}},
)


@rule(
    id="service-account-inherits-administration",
    severity="high",
    title="Service accounts inherit no administrative role",
    why="A role may contain others, and a group gives its roles to all members. A harmless name then hides that a service account, "
    "which is a secret in a file without a second factor, can give itself every right in the realm.",
    fix="take the role or the membership away, or the administrative role out of it",
    see="https://www.keycloak.org/docs/latest/server_admin/index.html",
    on=("ServiceAccountRole", "Group"),
    beside=("RealmRole", "ClientRole", "User"),
    parameters={"roles": [*ADMINISTRATION], "administrators": [*ADMINISTRATORS]},
    breaks=(
        (
            _REPORTER,
            _OPERATOR,
            Add("ServiceAccountRole", {"realm": "mcp", "client": "nightly-report", "role": "operator"}),
        ),
        (
            _REPORTER,
            _OPERATOR,
            Add("RealmRole", {"realm": "mcp", "name": "reader", "realmComposites": ["operator"]}),
            Add("ServiceAccountRole", {"realm": "mcp", "client": "nightly-report", "role": "reader"}),
        ),
        (
            _REPORTER,
            Add(
                "Group",
                {
                    "realm": "mcp",
                    "path": "/reports",
                    "clientRoles": {"realm-management": ["manage-users"]},
                    "serviceAccounts": ["nightly-report"],
                },
            ),
        ),
    ),
)
def check(given: Thing, scene: Scene) -> Iterator[Violation]:
    """What contains no role of the list by itself leads to none, but for the clients that are listed."""
    realm, patterns = given.get("realm"), scene.parameters["roles"]
    if given.kind == "Group":
        start = of_group(given, groups_in_scene(scene, realm))
        for way in administering(start, roles_in_scene(scene, realm), patterns):
            for client in _members(given, scene):
                yield Violation("", f"lets the service account of {client} administer: {shown(way)}")
        return
    role, client = Role(given.get("owner") or "", given.get("role")), given.get("client")
    if role.is_among(patterns) or client in scene.parameters["administrators"]:
        return  # the former are a rule of their own
    for way in administering([role], roles_in_scene(scene, realm), patterns):
        yield Violation("role", f"lets the service account of {client} administer: {shown(way)}")


def _members(group: Thing, scene: Scene) -> list[str]:
    """The service accounts in a group; in a program, none but the one that says so.

    Raises:
        UndecidedError: There may be others, since the realm is not made by the program.
    """
    if "serviceAccounts" not in group.properties:
        scene.all_seen("User")
    accounts = group.properties.get("serviceAccounts") and group.get("serviceAccounts")
    return [client for client in accounts or () if client not in scene.parameters["administrators"]]
