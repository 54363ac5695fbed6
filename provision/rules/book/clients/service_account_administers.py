"""No service account administers Keycloak without need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.administration import ADMINISTRATION, ADMINISTRATORS, Role
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


@rule(
    id="service-account-administers",
    severity="high",
    title="Service accounts do not administer Keycloak",
    why="A service account is a secret in a file, without a second factor. With a role that administers the realm it can give itself "
    "every right, log in as every user and switch these rules off. Only what provisions the realm needs such roles.",
    fix="rules: {parameters: {service-account-administers: {administrators: [provision]}}} # if it is what provisions; or take the role away",
    see="https://keycloak.org/docs/latest/server_admin/index.html#_service_accounts",
    on=("ServiceAccountRole",),
    parameters={
        "roles": [*ADMINISTRATION],
        "administrators": [*ADMINISTRATORS],
    },
    breaks=(
        (
            _REPORTER,
            Add(
                "ServiceAccountRole",
                {
                    "realm": "mcp",
                    "client": "nightly-report",
                    "owner": "realm-management",
                    "role": "realm-admin",
                },
            ),
        ),
        (
            _REPORTER,
            Add(
                "ServiceAccountRole",
                {
                    "realm": "mcp",
                    "client": "nightly-report",
                    "owner": "realm-management",
                    "role": "manage-users",
                },
            ),
        ),
    ),
)
def check(mapping: Thing, scene: Scene) -> Iterator[Violation]:
    """No role of the list, a pattern of owner and name, is given to a client that is not listed."""
    role = Role(mapping.get("owner") or "", mapping.get("role"))
    if mapping.get("client") in scene.parameters["administrators"]:
        return
    if role.is_among(scene.parameters["roles"]):
        yield Violation("role", f"lets the service account of {mapping.get('client')} administer Keycloak")
