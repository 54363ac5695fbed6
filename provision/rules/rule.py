"""What a rule is: a plain function over one object and what stands around it, with the words that explain it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from provision.rules.thing import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.rules.changes import Change
    from provision.rules.thing import Thing, Violation

Severity = Literal["high", "medium", "low"]
Level = Literal["mandatory", "advisory", "off"]
Profile = Literal["dev", "test", "prod"]
PROFILES: tuple[Profile, ...] = ("dev", "test", "prod")


@dataclass(frozen=True)
class Landscape:
    """All objects that can be seen.

    Args:
        things: They.
        profile: What the stack is for.
        complete: Whether what is not among them is not there; not so for a realm that others made and a program changes.
        unseen: Kinds of which there may be more than can be seen, each with the reason.
    """

    things: tuple[Thing, ...]
    profile: Profile = "dev"
    complete: bool = True
    unseen: Mapping[str, str] = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[Thing, ...]:
        """Those of one kind."""
        return self._by_kind.get(kind, ())

    def keyed(self, kind: str, *names: str) -> Mapping[tuple[Any, ...], Thing]:
        """Those of one kind by some of their values, as far as these can be seen."""
        if (kind, names) not in self._keyed:
            self._keyed[kind, names] = dict(_keys(self.of_kind(kind), names))
        return self._keyed[kind, names]

    @cached_property
    def _keyed(self) -> dict[tuple[str, tuple[str, ...]], Mapping[tuple[Any, ...], Thing]]:
        return {}

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Thing, ...]]:
        found: dict[str, list[Thing]] = {}
        for thing in self.things:
            found.setdefault(thing.kind, []).append(thing)
        return {kind: tuple(things) for kind, things in found.items()}


def _keys(things: Iterable[Thing], names: tuple[str, ...]) -> Iterator[tuple[tuple[Any, ...], Thing]]:
    for thing in things:
        try:
            yield tuple(thing.get(name) for name in names), thing
        except UndecidedError:
            continue


@dataclass(frozen=True)
class Scene:
    """What a rule may look at besides its object.

    Args:
        landscape: All objects.
        rule: The rule that looks.
        parameters: The rule's parameters, as configured.
    """

    landscape: Landscape
    rule: Rule
    parameters: Mapping[str, Any]

    @property
    def production(self) -> bool:
        """Whether the stack is for production."""
        return self.landscape.profile == "prod"

    def of(self, kind: str, /, **equal: Any) -> Iterator[Thing]:
        """The objects of a kind with those values, the certain ones first.

        Raises:
            UndecidedError: Of others it can't be seen whether they are among them.
            LookupError: The rule did not declare that it looks at that kind.
        """
        unseen: UndecidedError | None = None
        for thing in self.seen(kind):
            try:
                if all(thing.get(name) == value for name, value in equal.items()):
                    yield thing
            except UndecidedError as error:
                unseen = unseen or error
        if unseen is not None:
            raise unseen
        if kind in self.landscape.unseen:
            raise UndecidedError(kind, self.landscape.unseen[kind])

    def seen(self, kind: str) -> Iterator[Thing]:
        """The objects of a kind that can be seen, of which there may be more.

        Raises:
            LookupError: The rule did not declare that it looks at that kind.
        """
        if kind not in (*self.rule.on, *self.rule.beside):
            raise LookupError(f"rule {self.rule.id} looks at {kind} but does not name it in `beside`")
        return iter(self.landscape.of_kind(kind))

    def one(self, kind: str, /, **equal: Any) -> Thing | None:
        """The object of a kind with those values, which are its key; None when there is certainly none.

        Raises:
            UndecidedError: There may be one that can't be seen.
            LookupError: The rule did not declare that it looks at that kind.
        """
        self.seen(kind)
        found = self.landscape.keyed(kind, *equal).get(tuple(equal.values()))
        if found is None:
            found = next(self.of(kind, **equal), None)
        if found is None:
            self.all_seen(kind)
        return found

    def none_of(self, kind: str, /, **equal: Any) -> bool:
        """Whether there is certainly no such object.

        Raises:
            UndecidedError: There is none here, but there may be one that can't be seen.
        """
        if next(self.of(kind, **equal), None) is not None:
            return False
        self.all_seen(kind)
        return True

    def all_seen(self, kind: str) -> None:
        """Make sure that there are no others of a kind than those that can be seen.

        Raises:
            UndecidedError: There may be.
        """
        if not self.landscape.complete:
            raise UndecidedError(kind, "the realm may have one that is not declared here; audit it live")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule.

    Args:
        id: Its name in reports and in the stack file; never changed once published.
        severity: How bad it is when it is broken.
        title: What holds when it is kept, in a few words.
        why: What happens when it is broken, for somebody who does not know Keycloak.
        fix: A line of config that mends it.
        see: The page, RFC section or CVE that it follows.
        on: The kinds of objects that it is about; it is asked once for each of them.
        beside: Other kinds that it looks at. A rule without them is decided before its object is made.
        profiles: The profiles that it is for.
        ephemeral: Its level in dev and test stacks.
        production: Its level in production; advisory only where a good stack may have reasons to break it.
        parameters: What can be set, with the defaults.
        in_production: Defaults that differ in production.
        breaks: Ways to break it: changes each of which makes a good stack break exactly this rule.
        breaks_in: The good stack that they change: ``dev`` (processes), ``docker``, ``prod`` (run by others) or
            ``kubernetes`` (production, run by its own program).
        check: Gives what is wrong with one object.
        group: The part of the book that it stands in; filled in when it is found.
    """

    id: str
    severity: Severity
    title: str
    why: str
    fix: str
    see: str
    on: tuple[str, ...]
    check: Callable[[Thing, Scene], Iterable[Violation]]
    breaks: tuple[tuple[Change, ...], ...]
    breaks_in: Literal["dev", "docker", "prod", "kubernetes"] = "dev"
    beside: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = PROFILES
    ephemeral: Level = "mandatory"
    production: Level = "mandatory"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    in_production: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""

    def level(self, profile: Profile) -> Level:
        """How strictly it is held where nothing else is configured."""
        if profile not in self.profiles:
            return "off"
        return self.production if profile == "prod" else self.ephemeral

    def defaults(self, profile: Profile) -> dict[str, Any]:
        """Its parameters where nothing else is configured."""
        return {**self.parameters, **(self.in_production if profile == "prod" else {})}


def rule(**words: Any) -> Callable[[Callable[[Thing, Scene], Iterable[Violation]]], Rule]:
    """Make a rule of a function; the arguments are those of :class:`Rule`."""

    def made(check: Callable[[Thing, Scene], Iterable[Violation]]) -> Rule:
        return Rule(check=check, **words)

    return made
