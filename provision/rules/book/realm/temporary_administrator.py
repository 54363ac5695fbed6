"""The first administrator is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_MASTER = "master"
_MARK = "is_temporary_admin"
_TEMPORARY = "temporaryAdministrator"
"""What a live realm tells of a client that has the mark; no program declares it."""


@rule(
    id="temporary-administrator",
    severity="high",
    title="The first administrator is gone",
    why="The account that Keycloak is started with may do everything in every realm, its password or secret stands in a file or an "
    "environment, and its name (`admin`, `temp-admin`) is known. Keycloak marks it as temporary: it is for making proper "
    "administrators, with a second factor, and then to be removed.",
    fix="kcadm.sh delete users/ID -r master # or clients/ID; after a personal administrator was made",
    see="https://www.keycloak.org/server/bootstrap-admin-recovery",
    on=("User", "Client"),
    ephemeral="advisory",
    parameters={"names": ["admin", "administrator", "temp-admin"]},
    breaks_in="prod",
    breaks=(
        (Add("User", {"realm": _MASTER, "username": "admin"}),),
        (Add("User", {"realm": _MASTER, "username": "first", "attributes": {_MARK: ["true"]}}),),
        (
            Add(
                "Client",
                {
                    "realm": _MASTER,
                    "clientId": "temp-admin",
                    "access": "confidential",
                    "serviceAccounts": True,
                },
            ),
        ),
        (
            Add(
                "Client",
                {"realm": _MASTER, "clientId": "first", "access": "confidential", _TEMPORARY: True},
            ),
        ),
    ),
)
def check(account: Thing, scene: Scene) -> Iterator[Violation]:
    """Nothing of the realm master has the mark or a usual name; a live realm tells of a client's as a property."""
    if account.get("realm") != _MASTER or not account.get("enabled"):
        return
    name = "username" if account.kind == "User" else "clientId"
    if account.get(name) in scene.parameters["names"]:
        yield Violation(name, "is an administrator whose name everybody tries")
    elif account.kind == "Client":
        if account.get(_TEMPORARY):
            yield Violation(_TEMPORARY, "is the service account that Keycloak was started with")
    elif "true" in ((account.get("attributes") or {}).get(_MARK) or ()):
        yield Violation(f"attributes.{_MARK}", "is the administrator that Keycloak was started with")
