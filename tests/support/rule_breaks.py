"""Violations of rules made in real realms, where a rule must report the same as for the declared realm."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from provision.config.rules import RulesConfig
from provision.core.registry import catalogue
from provision.keycloak.bases.client_policy_documents import PolicyDocumentHandler, typed
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.model import MASKED
from provision.rules.sources import live, state
from tests.support.good_stacks import good
from tests.support.landscape_realm import MASTER, offered_of, realm_of
from tests.support.rule_cases import breaks_of, stack_of
from tests.support.world import is_another

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provision.keycloak.api.session import Session
    from provision.rules.definition import Rule
    from provision.rules.model import Resource, Snapshot
    from tests.support.mutations import Change

    Breaks = tuple[Change, ...]

_PREFIX = "provision:keycloak:"
NEVER_READ = {"ClientRole", "User", *live.NO_RULE_ASKS, *live.OF_A_STACK}


def breaks(*, featured: bool) -> list[Any]:
    """Return the violations that can be made in a realm, as parameters of a test: the rule and its changes.

    Args:
        featured: Whether to return the ones for which Keycloak must be built with a feature, or all others.
    """
    return [
        pytest.param(rule, changes, id=f"{rule.id}-{number}")
        for rule in checks.rules()
        for number, changes in enumerate(breaks_of(rule))
        if any(_PREFIX + _kind(change) in catalogue() for change in changes)
        and any(map(_needs_feature, changes)) is featured
    ]


def _kind(change: Any) -> str:
    return str(change.kind if hasattr(change, "kind") else change.where.kind)


def _needs_feature(change: Any) -> bool:
    """Return whether a change adds to a profile or policy a value that only a feature provides."""
    calls = catalogue().get(_PREFIX + _kind(change))
    if calls is None or not issubclass(calls, PolicyDocumentHandler):
        return False
    values = getattr(change, "properties", None) or getattr(change, "values", {})
    marks = typed(calls.spec)
    return any(marks[name].feature for name in marks if calls.spec.model_fields[name].alias in values)


def assert_broken(session: Session, rule: Rule, changes: Breaks) -> None:
    """Check that the rule is broken, or inconclusive if it needs a secret that no audit sees.

    Skips the test if this Keycloak lacks the subject of the violation.
    """
    broken = _broken(good(stack_of(rule)), changes)
    if _lacks(session, rule, broken):
        about = replace(
            broken, resources=tuple(resource for resource in broken.resources if resource.kind in rule.on)
        )
        pytest.skip(f"this Keycloak has no {', no '.join(offered_of(session, about)[1])}")
    if any(map(_needs_feature, changes)):
        seen = audited(session, broken, good(stack_of(rule)))
    else:
        (number,) = (n for n, realm in enumerate(_shared(session)) if (rule, changes) in realm.breaks)
        seen = _seen_in(session, number)
    report = evaluate(seen, RulesConfig(), only=[rule])
    if _found([rule], broken):
        assert {finding.rule.id for finding in report.findings} == {rule.id}, report.inconclusive
    else:
        assert repr(MASKED) in {item.why for item in report.inconclusive if item.path == "secret"}
        assert report.findings == ()


def _broken(snapshot: Snapshot, changes: Breaks) -> Snapshot:
    for change in changes:
        snapshot = change(snapshot)
    return snapshot


def _lacks(session: Session, rule: Rule, broken: Snapshot) -> bool:
    """Return whether the rule's findings change when unsupported objects are left out of the snapshot."""
    return is_another() and _found([rule], offered_of(session, broken)[0]) != _found([rule], broken)


def _found(rules: Sequence[Rule], snapshot: Snapshot) -> set[tuple[str, str, str]]:
    """Return the findings of rules without secrets: the rule, the object and the property."""
    found = evaluate(_without_secrets(snapshot), RulesConfig(), only=rules).findings
    return {(finding.rule.id, finding.resource, finding.path) for finding in found}


@dataclass
class _Shared:
    """A realm with several violations; none changes the findings of the other violations' rules."""

    start: str
    declared: Snapshot
    breaks: list[tuple[Rule, Breaks]] = field(default_factory=list)
    finds: set[tuple[str, str, str]] = field(default_factory=set)

    def take(self, session: Session, rule: Rule, changes: Breaks) -> bool:
        """Add a violation to the realm if possible; return whether it was added."""
        if self._stands_against(rule, changes):
            return False
        try:
            both = _broken(self.declared, changes)
        except LookupError:  # another violation has removed the object
            return False
        keys = [_key(resource) for resource in both.resources if _PREFIX + resource.kind in catalogue()]
        finds = self.finds | _found([rule], _broken(good(self.start), changes))
        rules = [*(other for other, _ in self.breaks), rule]
        if self.breaks and (len({*keys}) < len(keys) or _found(rules, offered_of(session, both)[0]) != finds):
            return False
        self.declared, self.finds = both, finds
        self.breaks.append((rule, changes))
        return True

    def _stands_against(self, rule: Rule, changes: Breaks) -> bool:
        """Return whether a change disturbs the rule: Keycloak checks a policy's settings together."""
        there = {_kind(change) for _, others in self.breaks for change in others}
        policies = {kind for kind in map(_kind, changes) if kind.endswith("Policy")}
        return (
            self.start != stack_of(rule)
            or any(rule is other for other, _ in self.breaks)
            or bool(there & policies)
        )


def _key(resource: Resource) -> tuple[Any, ...]:
    """Return the key of a resource; mappers of all types share their names."""
    if resource.kind.endswith("Mapper"):
        return (
            "Mapper",
            *(resource.properties.get(key) or "" for key in ("scope", "client", "alias", "name")),
        )
    return state.identity(resource)


@cache
def _shared(session: Session) -> list[_Shared]:
    """Return as few realms as the violations need that this server can have: making and reading one takes seconds."""
    realms: list[_Shared] = []
    for rule, changes in (parameter.values for parameter in breaks(featured=False)):
        if _lacks(session, rule, _broken(good(stack_of(rule)), changes)):
            continue
        if not any(realm.take(session, rule, changes) for realm in realms):
            realms.append(_Shared(stack_of(rule), good(stack_of(rule))))
            realms[-1].take(session, rule, changes)
    return realms


@cache
def _seen_in(session: Session, number: int) -> Snapshot:
    realm = _shared(session)[number]
    return audited(session, offered_of(session, realm.declared)[0], offered_of(session, good(realm.start))[0])


def audited(session: Session, snapshot: Snapshot, whole: Snapshot | None = None) -> Snapshot:
    """Return the snapshot with its realms made and read; the realm master keeps the snapshot's objects."""
    with realm_of(session, snapshot, whole) as name:
        seen = live.snapshot(session, name, snapshot.profile)
        others = live.snapshot(session, MASTER, snapshot.profile) if _reaches_master(snapshot) else None
    assert seen.unseen.keys() <= NEVER_READ  # else the record would stand in for it
    if others is not None:
        seen = replace(seen, resources=(*seen.resources, *_declared_ones(others, snapshot)))
    return state.surrounded(seen, snapshot)


def _reaches_master(snapshot: Snapshot) -> bool:
    return any(resource.properties.get("realm") == MASTER for resource in snapshot.resources)


def _declared_ones(seen: Snapshot, snapshot: Snapshot) -> Iterator[Resource]:
    declared = {state.identity(resource) for resource in snapshot.resources}
    return (resource for resource in seen.resources if state.identity(resource) in declared)


def _without_secrets(snapshot: Snapshot) -> Snapshot:
    """Return the part of a snapshot that an audit sees: all but secrets."""
    return replace(
        snapshot,
        resources=tuple(
            replace(resource, properties={**resource.properties, **dict.fromkeys(resource.secrets, MASKED)})
            if resource.kind != "Client" or resource.peek("access") == "confidential"
            else resource
            for resource in snapshot.resources
        ),
    )
