"""A rule: a function over one resource and its surroundings, with the words that explain it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from provision.config.profile import PROFILES, is_production
from provision.rules.model import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.config.profile import Profile
    from provision.rules.model import Resource, Snapshot, Violation

    OfOne = Callable[[Resource], Iterable[Violation]]
    InContext = Callable[[Resource, "RuleContext"], Iterable[Violation]]

Severity = Literal["high", "medium", "low"]
Level = Literal["mandatory", "advisory", "off"]


@dataclass(frozen=True)
class RuleContext:
    """The surroundings of a resource that a rule may look at.

    Args:
        snapshot: All resources.
        rule: The rule.
        parameters: The rule's parameters, as configured.
    """

    snapshot: Snapshot
    rule: Rule
    parameters: Mapping[str, Any]

    @property
    def production(self) -> bool:
        """True if the stack is held as production."""
        return is_production(self.snapshot.profile)

    def of(self, kind: str, /, **equal: Any) -> Iterator[Resource]:
        """Yield the resources of a kind that have the given values, then raise if there may be others.

        Raises:
            Inconclusive: Some resources may have these values, but cannot be seen.
            LookupError: The rule does not declare that it looks at this kind.
        """
        unseen: Inconclusive | None = None
        for resource in self.seen(kind):
            try:
                if all(resource.get(name) == value for name, value in equal.items()):
                    yield resource
            except Inconclusive as error:
                unseen = error if unseen is None or error.damaged else unseen
        if unseen is not None:
            raise unseen
        if kind in self.snapshot.unseen:
            raise Inconclusive(kind, self.snapshot.unseen[kind])

    def seen(self, kind: str) -> Iterator[Resource]:
        """Yield the visible resources of a kind; there may be others.

        Raises:
            LookupError: The rule does not declare that it looks at this kind.
        """
        if kind not in (*self.rule.on, *self.rule.beside):
            raise LookupError(f"rule {self.rule.id} looks at {kind} but does not name it in `beside`")
        return iter(self.snapshot.of_kind(kind))

    def one(self, kind: str, /, **equal: Any) -> Resource | None:
        """Return the resource of a kind by its key, or None if there is certainly none.

        Raises:
            Inconclusive: A resource that cannot be seen may have the key.
            LookupError: The rule does not declare that it looks at this kind.
        """
        self.seen(kind)
        found = self.snapshot.keyed(kind, *equal).get(tuple(equal.values()))
        if found is None:
            found = next(self.of(kind, **equal), None)
        if found is None:
            self.all_seen(kind)
        return found

    def none_of(self, kind: str, /, **equal: Any) -> bool:
        """Return whether certainly no resource has the values.

        Raises:
            Inconclusive: No visible resource has the values, but a hidden one may have them.
        """
        if next(self.of(kind, **equal), None) is not None:
            return False
        self.all_seen(kind)
        return True

    def all_seen(self, kind: str) -> None:
        """Check that every resource of a kind can be seen.

        Raises:
            Inconclusive: There may be a resource that cannot be seen.
        """
        if not self.snapshot.complete:
            raise Inconclusive(kind, "the realm may have one that is not declared here; audit it live")


@dataclass(frozen=True, kw_only=True)
class _Description:
    """The words of a rule.

    Args:
        id: The name in reports and in the stack file; never changed once published.
        severity: How bad a violation is.
        title: What holds if the rule is kept, in a few words.
        why: The consequence of a violation, for a reader who does not know Keycloak.
        fix: A line of config that corrects a violation.
        example: A violation, one line for each resource; the first case in ``tests/support/rule_cases``.
        see: The page, RFC section or CVE behind the rule.
        on: The kinds that the rule judges; its check is called once for each resource of these kinds.
        beside: Other kinds that the rule looks at. A rule without them is decided before its resource is made.
        profiles: The profiles that the rule applies to.
        ephemeral: The level in dev and test stacks.
        production: The level in production; advisory only if a good stack may have reasons for a violation.
        staging: The level in staging stacks where it differs from that in production.
        keycloaks_own: Whether the rule judges the objects that Keycloak makes itself, instead of all others.
        parameters: The configurable values, with the defaults.
        in_production: Defaults that differ in production.
    """

    id: str
    severity: Severity
    title: str
    why: str
    fix: str
    example: str
    see: str
    on: tuple[str, ...]
    beside: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = PROFILES
    ephemeral: Level = "mandatory"
    production: Level = "mandatory"
    staging: Level | None = None
    keycloaks_own: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    in_production: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rule(_Description):
    """A rule.

    Args:
        check: Yields the violations of one resource.
        group: The folder of ``checks`` that holds the rule; filled in when the rule is found.
    """

    check: InContext
    group: str = ""

    def level(self, profile: Profile) -> Level:
        """Return the rule's level if nothing else is configured."""
        if profile not in self.profiles:
            return "off"
        if not is_production(profile):
            return self.ephemeral
        return self.staging or self.production if profile == "staging" else self.production

    def defaults(self, profile: Profile) -> dict[str, Any]:
        """Return the parameters if nothing else is configured."""
        return {**self.parameters, **(self.in_production if is_production(profile) else {})}


class rule(_Description):  # noqa: N801 - a decorator
    """Make a rule of a function that takes a resource and, if it looks at anything else, the context."""

    def __call__(self, check: OfOne | InContext) -> Rule:
        """Return the rule."""
        return Rule(check=_in_context(check), **vars(self))


def _in_context(check: Callable[..., Iterable[Violation]]) -> InContext:
    if len(inspect.signature(check).parameters) > 1:
        return check

    def of_one(resource: Resource, _context: RuleContext) -> Iterable[Violation]:
        return check(resource)

    of_one.__doc__ = check.__doc__
    return of_one
