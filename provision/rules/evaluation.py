"""The evaluation of every rule over every resource: violations, inconclusive answers, waivers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from provision._lib.display_names import shown_name
from provision._lib.urn import is_urn
from provision.rules import checks
from provision.rules.definition import RuleContext
from provision.rules.model import Inconclusive
from provision.rules.sources.keycloak_resource import former_names, natural_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provision.config.rules import RulesConfig, WaiverConfig
    from provision.rules.definition import Rule, Severity
    from provision.rules.model import Resource, Snapshot, Violation


@dataclass(frozen=True)
class Finding:
    """A violation, as reports show it.

    Args:
        rule: The rule that is broken.
        level: How strictly the rule is held.
        resource: The name of the resource: a URN, or any other text.
        path: The property; empty for the resource as a whole.
        actual: The property's value, secrets hidden.
        message: The defect in one sentence.
        fix: A line of config that corrects the violation.
        words: The Keycloak object in words, if the URN's name differs; else empty.
        waiver: The waiver that accepts the violation, if there is one.
        former_names: The resource's names in former versions of the toolkit, which waivers may still use.
        part: The entry of a list that is the defect; None if the whole property is.
    """

    rule: Rule
    level: Literal["mandatory", "advisory"]
    resource: str
    path: str
    actual: Any
    message: str
    fix: str
    words: str = ""
    waiver: WaiverConfig | None = None
    former_names: tuple[str, ...] = ()
    part: str | None = None

    @property
    def name(self) -> str:
        """The name of the resource in reports."""
        return shown_name(self.words or self.resource)

    @property
    def accepted(self) -> Any:
        """The value that a waiver for this finding alone names: the entry of the list, or the whole value."""
        return self.actual if self.part is None else self.part

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        return {
            "rule": self.rule.id,
            "severity": self.rule.severity,
            "level": self.level,
            "resource": self.resource,
            "name": self.name,
            "path": self.path,
            "actual": self.actual,
            "message": self.message,
            "why": self.rule.why,
            "fix": self.fix,
            "see": self.rule.see,
            **(
                {"waived": {"reason": self.waiver.reason, "expires": str(self.waiver.expires)}}
                if self.waiver
                else {}
            ),
        }


@dataclass(frozen=True)
class InconclusiveResult:
    """A rule that could not be decided for a resource.

    Args:
        rule: The rule.
        resource: The name of the resource: a URN, or any other text.
        path: The value that cannot be seen.
        why: Why the value cannot be seen.
        words: The Keycloak object in words, if the URN's name differs; else empty.
        level: How strictly the rule is held.
        unreadable: Whether a value is there that cannot be read, and no waiver accepts that.
        former_names: The resource's names in former versions of the toolkit, which waivers may still use.
    """

    rule: Rule
    resource: str
    path: str
    why: str
    words: str = ""
    level: Literal["mandatory", "advisory"] = "mandatory"
    unreadable: bool = False
    former_names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the resource in reports."""
        return shown_name(self.words or self.resource)

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        return {
            "rule": self.rule.id,
            "resource": self.resource,
            "name": self.name,
            "path": self.path,
            "why": self.why,
            "unreadable": self.unreadable,
        }


@dataclass(frozen=True)
class Report:
    """The result of an evaluation.

    Args:
        findings: Violations that are not waived, mandatory and severe ones first.
        inconclusive: Rules that could not be decided.
        waived: Violations that a waiver accepts.
        expired: Waivers whose last day is over; the violations they accepted are findings again.
        unused: Waivers that accept nothing, although their rules could be decided for the objects that they name.
        rules: The rules that were evaluated.
    """

    findings: tuple[Finding, ...] = ()
    inconclusive: tuple[InconclusiveResult, ...] = ()
    waived: tuple[Finding, ...] = ()
    expired: tuple[WaiverConfig, ...] = ()
    unused: tuple[WaiverConfig, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def mandatory(self) -> tuple[Finding, ...]:
        """The findings that fail a deployment."""
        return tuple(finding for finding in self.findings if finding.level == "mandatory")

    @property
    def unreadable(self) -> tuple[InconclusiveResult, ...]:
        """The rules that could not be decided because a value is there and cannot be read."""
        return tuple(item for item in self.inconclusive if item.unreadable)

    @property
    def fails(self) -> bool:
        """True if the report fails a deployment: a mandatory rule is broken, or could not read a value."""
        return bool(self.mandatory) or any(item.level == "mandatory" for item in self.unreadable)


_ORDER: Mapping[Severity, int] = {"high": 0, "medium": 1, "low": 2}


def _place(finding: Finding) -> tuple[Any, ...]:
    """Return the sort key of a finding."""
    return finding.level != "mandatory", _ORDER[finding.rule.severity], finding.rule.id, finding.resource


def evaluate(
    snapshot: Snapshot,
    config: RulesConfig,
    *,
    only: Iterable[Rule] | None = None,
    today: date | None = None,
) -> Report:
    """Evaluate every rule on every resource that the rule judges.

    Args:
        snapshot: All resources.
        config: Levels, parameters and waivers.
        only: The rules to evaluate; all if None.
        today: The day by which waivers expire; the current one (UTC) if None.

    Raises:
        UsageError: The configuration names a rule or parameter that does not exist.
    """
    checks.validate(config)
    rules = tuple(
        rule for rule in (checks.rules() if only is None else only) if _level(rule, snapshot, config) != "off"
    )
    evaluation = _Evaluation(snapshot, config, today or datetime.now(UTC).date())
    for rule in rules:
        context = RuleContext(
            snapshot, rule, {**rule.defaults(snapshot.profile), **config.parameters_of(rule.id)}
        )
        for kind in rule.on:
            for resource in snapshot.of_kind(kind):
                if resource.builtin is rule.keycloaks_own:
                    evaluation.ask(rule, resource, context)
            if kind in snapshot.unseen:
                evaluation.leave_open(rule, Inconclusive("", snapshot.unseen[kind]), kind)
    return replace(evaluation.report(), rules=rules)


def _level(rule: Rule, snapshot: Snapshot, config: RulesConfig) -> str:
    return config.levels.get(rule.id) or rule.level(snapshot.profile)


def _words(resource: Resource) -> str:
    """Return the object's name in Keycloak's terms if the resource is named by a URN, or an empty text otherwise."""
    return natural_name(resource) if is_urn(resource.name) else ""


@dataclass
class _Evaluation:
    snapshot: Snapshot
    config: RulesConfig
    today: date
    findings: list[Finding] = field(default_factory=list)
    inconclusive: list[InconclusiveResult] = field(default_factory=list)

    def ask(self, rule: Rule, resource: Resource, context: RuleContext) -> None:
        try:
            for violation in rule.check(resource, context):
                self.findings.append(self._finding(rule, resource, violation))
        except Inconclusive as error:
            self.leave_open(rule, error, resource.name, _words(resource), former_names(resource))

    def leave_open(
        self, rule: Rule, error: Inconclusive, name: str, words: str = "", former: tuple[str, ...] = ()
    ) -> None:
        self.inconclusive.append(
            InconclusiveResult(
                rule,
                name,
                error.path,
                error.why,
                words,
                level=self._level(rule),
                unreadable=error.damaged,
                former_names=former,
            )
        )

    def report(self) -> Report:
        used: set[WaiverConfig] = set()
        kept, waived = [], []
        for finding in sorted(self.findings, key=_place):
            waiver = next(self._waivers(finding), None)
            if waiver is None:
                kept.append(finding)
                continue
            used.add(waiver)
            if waiver.expires < self.today:
                kept.append(finding)
            else:
                waived.append(replace(finding, waiver=waiver))
        inconclusive = [self._accepted(item, used) for item in self.inconclusive]
        open_ones = {
            waiver for waiver in self.config.waivers for item in inconclusive if _names(waiver, item)
        }
        return Report(
            findings=tuple(kept),
            inconclusive=tuple(inconclusive),
            waived=tuple(waived),
            expired=tuple(waiver for waiver in self.config.waivers if waiver.expires < self.today),
            unused=tuple(
                waiver
                for waiver in self.config.waivers
                if waiver not in used | open_ones and waiver.expires >= self.today
            ),
        )

    def _accepted(self, item: InconclusiveResult, used: set[WaiverConfig]) -> InconclusiveResult:
        """Return a result that a waiver accepts as one that fails nothing; any other result unchanged."""
        waiver = next(self._waivers(item), None) if item.unreadable else None
        if waiver is None:
            return item
        used.add(waiver)
        return item if waiver.expires < self.today else replace(item, unreadable=False)

    def _level(self, rule: Rule) -> Literal["mandatory", "advisory"]:
        return "advisory" if _level(rule, self.snapshot, self.config) == "advisory" else "mandatory"

    def _finding(self, rule: Rule, resource: Resource, violation: Violation) -> Finding:
        return Finding(
            rule=rule,
            level=self._level(rule),
            resource=resource.name,
            path=resource.path(violation.path) if violation.path else "",
            actual=resource.shown(violation.path),
            message=violation.message,
            fix=violation.fix or rule.fix,
            words=_words(resource),
            former_names=former_names(resource),
            part=violation.part,
        )

    def _waivers(self, result: Finding | InconclusiveResult) -> Iterator[WaiverConfig]:
        """Yield the waivers for a result, longest-lasting first."""
        accepted = result.accepted if isinstance(result, Finding) else None
        fitting = (
            waiver
            for waiver in self.config.waivers
            if _names(waiver, result) and waiver.accepts(result.path, accepted)
        )
        return iter(sorted(fitting, key=lambda waiver: waiver.expires, reverse=True))


def _names(waiver: WaiverConfig, result: Finding | InconclusiveResult) -> bool:
    """Return whether a waiver names the rule and the resource of a result, for any property and value."""
    known = (result.name, result.resource, *result.former_names)
    return waiver.rule == result.rule.id and any(fnmatchcase(name, waiver.resource) for name in known)
