"""Roles that administer Keycloak, directly or through a role that they contain."""

from __future__ import annotations

import re
from collections import deque
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from provision.keycloak import builtin
from provision.rules.model import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from provision.rules.definition import RuleContext
    from provision.rules.model import Resource

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
"""Patterns of owner and name for roles that change a realm or act as its users."""
ADMINISTRATORS = ("provision", "provision-admin")
"""The clients that provision realms by default."""


_SLASH = re.compile(r"(?<!^)(?<!~)/")
"""The slash between the names in a group's path; a slash inside a name is escaped."""


class Role(NamedTuple):
    """A role: the client id of its owner (empty for the realm), and its name."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}" if self.owner else self.name

    def is_among(self, patterns: Iterable[str]) -> bool:
        """Return whether a pattern of owner and name matches."""
        return any(fnmatchcase(f"{self.owner}/{self.name}", pattern) for pattern in patterns)


def administering(
    start: Iterable[Role], made_of: Callable[[Role], Resource | None], patterns: Sequence[str]
) -> Iterator[tuple[Role, ...]]:
    """Yield the chains from roles to administering roles, certain ones first.

    Args:
        start: The roles at the start of the chains.
        made_of: Finds a role by name; returns None if the role contains no others.
        patterns: The roles that administer.

    Raises:
        Inconclusive: The content of a role cannot be seen.
    """
    waiting: deque[tuple[Role, ...]] = deque((role,) for role in start)
    seen: set[Role] = set()
    unseen: Inconclusive | None = None
    while waiting:
        way = waiting.popleft()
        if way[-1] in seen:
            continue
        seen.add(way[-1])
        if way[-1].is_among(patterns):
            yield way
            continue
        try:
            resource = made_of(way[-1])
            for part in () if resource is None else _parts(resource):
                waiting.append((*way, part))
        except Inconclusive as error:
            unseen = unseen or error
    if unseen is not None:
        raise unseen


def shown(way: Sequence[Role]) -> str:
    """Return a chain in words: its last role, and the roles that lead to that role."""
    *between, last = map(str, way)
    return f"{last}, by way of {', '.join(between)}" if between else last


def _parts(role: Resource) -> Iterator[Role]:
    yield from (Role("", str(name)) for name in role.items("realmComposites"))
    yield from _of_clients(role, "clientComposites")


def _of_clients(resource: Resource, path: str) -> Iterator[Role]:
    for owner, names in (resource.get(path) or {}).items():
        yield from (Role(str(owner), str(name)) for name in names)


def of_group(group: Resource, at: Callable[[str], Resource | None]) -> Iterator[Role]:
    """Yield the roles that a group gives its members: its own and its parents' roles.

    Args:
        group: The group.
        at: Finds groups by their paths.

    Raises:
        Inconclusive: Some of the roles cannot be seen.
    """
    path = group.get("path")
    above = [path[: slash.start()] for slash in _SLASH.finditer(path)]
    for one in (group, *filter(None, map(at, above))):
        yield from (Role("", str(name)) for name in one.items("realmRoles"))
        yield from _of_clients(one, "clientRoles")


def administering_of(
    user: Resource,
    at: Callable[[str], Resource | None],
    made_of: Callable[[Role], Resource | None],
    patterns: Sequence[str],
) -> Iterator[tuple[str, tuple[Role, ...]]]:
    """Yield the chains from a user's roles and groups to administering roles, each after the property that begins it.

    Args:
        user: The user.
        at: Finds groups by their paths.
        made_of: Finds a role by name; returns None if the role contains no others.
        patterns: The roles that administer.

    Raises:
        Inconclusive: Some of the roles cannot be seen.
    """
    starts: dict[str, Iterator[Role]] = {
        "realmRoles": (Role("", str(name)) for name in user.items("realmRoles")),
        "clientRoles": _of_clients(user, "clientRoles"),
        "groups": (
            role
            for path in user.items("groups")
            if (group := at(path)) is not None
            for role in of_group(group, at)
        ),
    }
    hidden: Inconclusive | None = None
    for name, roles in starts.items():
        try:
            yield from ((name, way) for way in administering(roles, made_of, patterns))
        except Inconclusive as error:
            hidden = hidden or error
    if hidden is not None:
        raise hidden


def groups_in(context: RuleContext, realm: str) -> Callable[[str], Resource | None]:
    """Return a function that finds groups by path; the rule must look at ``Group``."""
    return lambda path: context.one("Group", realm=realm, path=path)


def roles_in(context: RuleContext, realm: str) -> Callable[[Role], Resource | None]:
    """Return a function that finds roles; the rule must look at ``RealmRole`` and ``ClientRole``."""

    def found(role: Role) -> Resource | None:
        if not role.owner:
            return context.one("RealmRole", realm=realm, name=role.name)
        try:
            return context.one("ClientRole", realm=realm, client=role.owner, name=role.name)
        except Inconclusive:
            # The content of the roles of Keycloak's own clients is known; an audit also sees changes by somebody else.
            if builtin.is_client(realm, role.owner):
                return None
            raise

    return found


def among(resources: Iterable[Resource]) -> Callable[[Role], Resource | None]:
    """Return a function that finds roles among the resources of one realm."""
    roles = {
        Role(resource.get("client") if resource.kind == "ClientRole" else "", resource.get("name")): resource
        for resource in resources
        if resource.kind in {"ClientRole", "RealmRole"}
    }
    return roles.get
