"""Every rule over everything that can be seen: what is wrong, what can't be told, what is waived."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from provision._lib.display_names import shown_name
from provision.rules import book
from provision.rules.natural_name import natural_name
from provision.rules.rule import Scene
from provision.rules.thing import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provision.config.rules import RulesConfig, WaiverConfig
    from provision.rules.rule import Landscape, Rule, Severity
    from provision.rules.thing import Thing, Violation


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Args:
        rule: The rule that is broken.
        level: How strictly it is held here.
        resource: The object: its URN, or words.
        path: The property; empty for the object as a whole.
        actual: Its value, secrets hidden.
        message: What is wrong.
        fix: A line of config that mends it.
        words: The object in words, where they are not those of its URN.
        waiver: Why it is let pass, if it is.
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

    @property
    def name(self) -> str:
        """What reports call the object."""
        return shown_name(self.words or self.resource)

    def as_json(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
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
class Undecided:
    """A rule that can't tell yet.

    Args:
        rule: The rule.
        resource: The object: its URN, or words.
        path: What can't be seen.
        why: Why not.
        words: The object in words, where they are not those of its URN.
    """

    rule: Rule
    resource: str
    path: str
    why: str
    words: str = ""

    @property
    def name(self) -> str:
        """What reports call the object."""
        return shown_name(self.words or self.resource)

    def as_json(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "rule": self.rule.id,
            "resource": self.resource,
            "name": self.name,
            "path": self.path,
            "why": self.why,
        }


@dataclass(frozen=True)
class Report:
    """The outcome.

    Args:
        findings: What is wrong: first what fails a deployment, the worst of it on top.
        undecided: What can't be told.
        waived: What is wrong and let pass.
        expired: Waivers whose day is over; what they let pass is among the findings again.
        unused: Waivers that let nothing pass.
        rules: The rules that were asked.
    """

    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    waived: tuple[Finding, ...] = ()
    expired: tuple[WaiverConfig, ...] = ()
    unused: tuple[WaiverConfig, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def mandatory(self) -> tuple[Finding, ...]:
        """The findings that fail a deployment."""
        return tuple(finding for finding in self.findings if finding.level == "mandatory")


_ORDER: Mapping[Severity, int] = {"high": 0, "medium": 1, "low": 2}


def _place(finding: Finding) -> tuple[Any, ...]:
    """By which findings are ordered."""
    return finding.level != "mandatory", _ORDER[finding.rule.severity], finding.rule.id, finding.resource


def judge(
    landscape: Landscape,
    config: RulesConfig,
    *,
    only: Iterable[Rule] | None = None,
    today: date | None = None,
) -> Report:
    """Ask every rule about every object that it is about.

    Args:
        landscape: What can be seen.
        config: Levels, parameters and waivers.
        only: The rules to ask; all when left out.
        today: The day by which waivers expire; today (UTC) when left out.

    Raises:
        UsageError: The configuration names a rule or a parameter that there is not.
    """
    config.check(book.rules())
    rules = tuple(
        rule for rule in (book.rules() if only is None else only) if _level(rule, landscape, config) != "off"
    )
    verdict = _Verdict(landscape, config, today or datetime.now(UTC).date())
    for rule in rules:
        scene = Scene(landscape, rule, {**rule.defaults(landscape.profile), **config.parameters_of(rule.id)})
        for kind in rule.on:
            for thing in landscape.of_kind(kind):
                if not thing.builtin:
                    verdict.ask(rule, thing, scene)
            if kind in landscape.unseen:
                verdict.undecided.append(Undecided(rule, kind, "", landscape.unseen[kind]))
    return replace(verdict.report(), rules=rules)


def _level(rule: Rule, landscape: Landscape, config: RulesConfig) -> str:
    return config.levels.get(rule.id) or rule.level(landscape.profile)


def _words(thing: Thing) -> str:
    """A program may call a resource otherwise than the object is called; who looks for it in Keycloak knows the latter."""
    return natural_name(thing) if thing.name.startswith("urn:pulumi:") else ""


@dataclass
class _Verdict:
    landscape: Landscape
    config: RulesConfig
    today: date
    findings: list[Finding] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)

    def ask(self, rule: Rule, thing: Thing, scene: Scene) -> None:
        try:
            for violation in rule.check(thing, scene):
                self.findings.append(self._finding(rule, thing, violation))
        except UndecidedError as error:
            self.undecided.append(Undecided(rule, thing.name, error.path, error.why, _words(thing)))

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
        return Report(
            findings=tuple(kept),
            undecided=tuple(self.undecided),
            waived=tuple(waived),
            expired=tuple(waiver for waiver in self.config.waivers if waiver.expires < self.today),
            unused=tuple(
                waiver
                for waiver in self.config.waivers
                if waiver not in used and waiver.expires >= self.today
            ),
        )

    def _finding(self, rule: Rule, thing: Thing, violation: Violation) -> Finding:
        level = _level(rule, self.landscape, self.config)
        return Finding(
            rule=rule,
            level="advisory" if level == "advisory" else "mandatory",
            resource=thing.name,
            path=thing.path(violation.path) if violation.path else "",
            actual=thing.shown(violation.path),
            message=violation.message,
            fix=violation.fix or rule.fix,
            words=_words(thing),
        )

    def _waivers(self, finding: Finding) -> Iterator[WaiverConfig]:
        """Those for it, the ones that last longest first."""
        return iter(
            sorted(
                (
                    waiver
                    for waiver in self.config.waivers
                    if waiver.rule == finding.rule.id
                    and any(fnmatchcase(name, waiver.resource) for name in (finding.name, finding.resource))
                ),
                key=lambda waiver: waiver.expires,
                reverse=True,
            )
        )
