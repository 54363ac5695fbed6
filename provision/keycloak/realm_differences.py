"""What differs between a realm as it was made and the realm as it is, object by object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provision.keycloak import realm_document as document
from provision.keycloak.objects.realm_key import STAMPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.core.record import Path

_OBJECT: Final = 2
"""The length of an object's path: its section and its name."""
_JOINED = frozenset({document.COMPONENTS, document.FLOWS, document.IDENTITY_PROVIDERS})
"""The sections in which a new object is a setting of the realm itself, and an object of its own."""
_ON_THEIR_OWN = frozenset(
    {document.CLIENTS, document.CLIENT_SCOPES, document.ROLES, document.SCOPES_OF_NEW_CLIENTS}
    | {document.FLOW_SETTINGS}
)
"""The sections in which a new object is somebody else's, has a kind that finds it, or belongs to a step of a flow."""
_BLANK: Final[tuple[Any, ...]] = (None, "", [], {})
"""The values of a setting that is not set."""
_PKCE = ("attributes", "pkce.code.challenge.method")
_FALLBACK_KEY = "fallback-"
"""The beginning of the names of keys that Keycloak makes when it needs an algorithm for which there is no key."""
_KEYS = "KeyProvider/"


@dataclass(frozen=True)
class Difference:
    """One value, or one whole object, that somebody changed, added or removed.

    Args:
        path: The section, the object's name, and the keys inside the object; in the section of the realm only keys.
        before: What was recorded, or None if there was no such thing.
        after: The value now, or None if it is gone.
    """

    path: Path
    before: Any
    after: Any

    @property
    def is_member(self) -> bool:
        """True if somebody added an object, which is removed as a whole: a component, a flow, a mapper."""
        if self.before is not None:
            return False
        return (len(self.path) == _OBJECT and self.path[0] in _JOINED) or (
            len(self.path) == _OBJECT + 2 and self.path[_OBJECT] == document.MAPPERS
        )


def differences(recorded: Mapping[str, Any], live: Mapping[str, Any], *, whole: bool) -> Iterator[Difference]:
    """Yield what differs, in the order of the paths.

    Args:
        recorded: The document as recorded, without what other records and other resources are responsible for.
        live: The document of the realm as it is, without the same.
        whole: Whether the realm itself was made and recorded, so that what is added to it counts.
    """
    for section in sorted(live.keys() | recorded.keys()):
        before, after = recorded.get(section) or {}, live.get(section) or {}
        if section == document.REALM:
            if whole:
                yield from _inside(before, after, (section,))
            continue
        for name in sorted(before.keys() | after.keys()):
            path = (section, name)
            if name not in before:
                if whole and section not in _ON_THEIR_OWN and not _comes_by_itself(path, after[name]):
                    yield Difference(path, None, after[name])
            elif name not in after:
                yield Difference(path, before[name], None)
            else:
                yield from _inside(before[name], after[name], path)


def without_rotated(recorded: Mapping[str, Any], live: Mapping[str, Any]) -> list[Path]:
    """Return the paths of the keys that are no longer expected as recorded, since a rotation replaced them."""
    names = list(live.get(document.COMPONENTS) or ())
    rotated = {_provider(name) for name in names if name.startswith(_KEYS) and STAMPED.search(name)}
    return [
        (document.COMPONENTS, name)
        for name in recorded.get(document.COMPONENTS) or ()
        if name.startswith(_KEYS) and _provider(name) in rotated
    ]


def _inside(before: Any, after: Any, path: Path) -> Iterator[Difference]:
    """Yield what differs inside an object, in which an absent part and an empty one mean the same."""
    if isinstance(before or {}, dict) and isinstance(after or {}, dict) and (before or after):
        mine, theirs = before or {}, after or {}
        for key in sorted(mine.keys() | theirs.keys()):
            if len(path) == _OBJECT + 1 and path[_OBJECT] == document.MAPPERS and key not in mine:
                yield Difference((*path, key), None, theirs[key])
            else:
                yield from _inside(mine.get(key), theirs.get(key), (*path, key))
    elif path[_OBJECT:] == _PKCE and before is None:
        return  # a client policy of the stack gives it to every client that anybody changes
    elif before != after and not (before in _BLANK and after in _BLANK):
        yield Difference(path, before, after)


def _comes_by_itself(path: Path, value: Any) -> bool:
    """Return whether Keycloak, a rotation or another new object brings an object: fallback keys, inner flows."""
    name = path[-1]
    if path[0] == document.FLOWS:
        return not value["topLevel"]
    if path[0] != document.COMPONENTS or not name.startswith(_KEYS):
        return False
    return name.rpartition("/")[2].startswith(_FALLBACK_KEY) or bool(STAMPED.search(name))


def _provider(name: str) -> str:
    """Return the algorithm family of a key: a rotation makes a generated key after a given one."""
    return name.split("/")[1].removesuffix("-generated")
