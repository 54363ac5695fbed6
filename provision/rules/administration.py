"""Who may administer Keycloak: by a role of its own, or by one that contains such a role."""

from __future__ import annotations

import re
from collections import deque
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from provision.keycloak import builtin
from provision.rules.thing import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing

ADMINISTRATION = (
    "/admin",
    "/create-realm",
    "realm-management/create-client",
    "realm-management/impersonation",
    "realm-management/manage-*",
    "realm-management/realm-admin",
    "*-realm/create-client",
    "*-realm/impersonation",
    "*-realm/manage-*",
)
"""The roles that change a realm or act as its users: patterns of owner and name."""
ADMINISTRATORS = ("provision", "provision-admin")
"""The clients that provision realms where nothing else is configured."""


_SLASH = re.compile(r"(?<!^)(?<!~)/")
"""Between the names in a group's path; a slash inside a name is written otherwise."""


class Role(NamedTuple):
    """A role: the client id of its owner, empty for the realm, and its name."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}" if self.owner else self.name

    def is_among(self, patterns: Iterable[str]) -> bool:
        """Whether one of the patterns of owner and name is for it."""
        return any(fnmatchcase(f"{self.owner}/{self.name}", pattern) for pattern in patterns)


def administering(
    start: Iterable[Role], made_of: Callable[[Role], Thing | None], patterns: Sequence[str]
) -> Iterator[tuple[Role, ...]]:
    """Ways from roles to those that administer, the certain ones first.

    Args:
        start: The roles that somebody is given.
        made_of: Finds a role; None for one that contains no others.
        patterns: The roles that administer.

    Raises:
        UndecidedError: Of a role it can't be seen what it contains.
    """
    waiting: deque[tuple[Role, ...]] = deque((role,) for role in start)
    seen: set[Role] = set()
    unseen: UndecidedError | None = None
    while waiting:
        way = waiting.popleft()
        if way[-1] in seen:
            continue
        seen.add(way[-1])
        if way[-1].is_among(patterns):
            yield way
            continue
        try:
            thing = made_of(way[-1])
            for part in () if thing is None else _parts(thing):
                waiting.append((*way, part))
        except UndecidedError as error:
            unseen = unseen or error
    if unseen is not None:
        raise unseen


def shown(way: Sequence[Role]) -> str:
    """A way for a report: the role at its end, and by which others it is reached."""
    *between, last = map(str, way)
    return f"{last}, by way of {', '.join(between)}" if between else last


def _parts(role: Thing) -> Iterator[Role]:
    yield from (Role("", str(name)) for name in role.items("realmComposites"))
    yield from _of_clients(role, "clientComposites")


def _of_clients(thing: Thing, path: str) -> Iterator[Role]:
    for owner, names in (thing.get(path) or {}).items():
        yield from (Role(str(owner), str(name)) for name in names)


def of_group(group: Thing, at: Callable[[str], Thing | None]) -> Iterator[Role]:
    """The roles that a group gives its members: its own, and those of the groups above it.

    Args:
        group: The group.
        at: Finds groups by their paths.

    Raises:
        UndecidedError: Some of them can't be seen.
    """
    path = group.get("path")
    above = [path[: slash.start()] for slash in _SLASH.finditer(path)]
    for one in (group, *filter(None, map(at, above))):
        yield from (Role("", str(name)) for name in one.items("realmRoles"))
        yield from _of_clients(one, "clientRoles")


def groups_in_scene(scene: Scene, realm: str) -> Callable[[str], Thing | None]:
    """Finds groups among what a rule may look at, which must be ``Group``."""
    return lambda path: scene.one("Group", realm=realm, path=path)


def roles_in_scene(scene: Scene, realm: str) -> Callable[[Role], Thing | None]:
    """Finds roles among what a rule may look at, which must be ``RealmRole`` and ``ClientRole``."""

    def found(role: Role) -> Thing | None:
        if not role.owner:
            return scene.one("RealmRole", realm=realm, name=role.name)
        try:
            return scene.one("ClientRole", realm=realm, client=role.owner, name=role.name)
        except UndecidedError:
            # What the roles of Keycloak's own clients contain is known, unless somebody changed it and an audit tells.
            if builtin.is_client(realm, role.owner):
                return None
            raise

    return found


def among(things: Iterable[Thing]) -> Callable[[Role], Thing | None]:
    """Finds roles among the objects of one realm."""
    roles = {
        Role(thing.get("client") if thing.kind == "ClientRole" else "", thing.get("name")): thing
        for thing in things
        if thing.kind in {"ClientRole", "RealmRole"}
    }
    return roles.get
