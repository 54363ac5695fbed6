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


@rule(
    id="temporary-administrator",
    severity="high",
    title="The first administrator is gone",
    why="The account that Keycloak is started with may do everything in every realm, its password or secret stands in a file or an "
    "environment, and its name (`admin`, `temp-admin`) is known. Keycloak marks it as temporary: it is for making proper "
    "administrators, with a second factor, and then to be removed.",
    fix="kcadm.sh delete users/ID -r master # after a personal administrator was made",
    see="https://www.keycloak.org/server/bootstrap-admin-recovery",
    on=("User",),
    throw_away="advisory",
    parameters={"usernames": ["admin", "administrator", "temp-admin", "service-account-temp-admin"]},
    breaks_in="prod",
    breaks=(
        (Add("User", {"realm": _MASTER, "username": "admin"}),),
        (Add("User", {"realm": _MASTER, "username": "first", "attributes": {_MARK: ["true"]}}),),
    ),
)
def check(user: Thing, scene: Scene) -> Iterator[Violation]:
    """No user of the realm master has the mark or a usual name."""
    if user.get("realm") != _MASTER or not user.get("enabled"):
        return
    if user.get("username") in scene.parameters["usernames"]:
        yield Violation("username", "is an administrator whose name everybody tries")
    elif "true" in ((user.get("attributes") or {}).get(_MARK) or ()):
        yield Violation(f"attributes.{_MARK}", "is the administrator that Keycloak was started with")
