"""A program that writes the part of ``docs/rules.md`` about single rules, from the rules themselves (``make docs``)."""

from __future__ import annotations

import importlib
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from provision.config.profile import PROFILES
from provision.rules import checks
from tests.support.mutations import Add, Have, Remove, Set
from tests.support.rule_cases import breaks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provision.rules.definition import Rule
    from tests.support.mutations import Change, Where

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
_MARK = "<!-- From here on written by `make docs`; do not edit. -->"


def page() -> str:
    """Return the whole page: the handwritten part, and the rules."""
    by_hand = PAGE.read_text(encoding="utf-8").partition(_MARK)[0]
    return f"{by_hand}{_MARK}\n\n" + "\n".join(_rules()).rstrip("\n") + "\n"


def example(changes: Iterable[Change]) -> str:
    """Return a violation of a rule in the form of a stack file's objects, also for kinds that no stack file has."""
    # Required surroundings are no part of the violation.
    return "\n".join(_shown(change) for change in changes if not isinstance(change, Have))


def _rules() -> Iterator[str]:
    by_group = {name: tuple(rules) for name, rules in groupby(checks.rules(), key=lambda rule: rule.group)}
    for name, rules in by_group.items():
        about = importlib.import_module(f"{checks.__name__}.{name}").__doc__ or name
        yield f"## {about.strip().rstrip('.')}"
        yield ""
        yield "| rule | severity | what holds |"
        yield "|---|---|---|"
        yield from (f"| [{rule.id}](#{rule.id}) | {rule.severity} | {_cell(rule.title)} |" for rule in rules)
        yield ""
        for rule in rules:
            yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}"
    yield ""
    yield f"{rule.title}. Severity: {rule.severity}. {_levels(rule)}"
    yield ""
    yield rule.why
    yield ""
    yield "Broken by"
    for number, changes in enumerate(breaks_of(rule)):
        if number:
            yield "or by"
        yield ""
        yield "```yaml"
        yield example(changes)
        yield "```"
        yield ""
    yield f"Mended by `{rule.fix}`." if "`" not in rule.fix else f"Mended by: {rule.fix}"
    yield ""
    if rule.parameters:
        yield "| parameter | default | in production |"
        yield "|---|---|---|"
        for name, value in rule.parameters.items():
            production = _value(rule.in_production[name]) if name in rule.in_production else "the same"
            yield f"| `{name}` | {_value(value)} | {production} |"
        yield ""
    yield f"See <{rule.see}>."
    yield ""


def _levels(rule: Rule) -> str:
    levels = {profile: rule.level(profile) for profile in PROFILES}
    if len(set(levels.values())) == 1:
        return f"Level: {levels['prod']}."
    return "Level: " + ", ".join(f"{level} in {profile}" for profile, level in levels.items()) + "."


def _shown(change: Change) -> str:
    if isinstance(change, Set):
        return _object(change.where.kind, {**change.where.equal, **change.values})
    if isinstance(change, Add):
        model = change.like.equal if change.like else {}
        return _object(change.kind, {**model, **change.properties})
    if isinstance(change, Remove):
        return f"# no {change.where.kind}{_with(change.where)}"
    raise TypeError(f"{change!r} has no form in docs/rules.md")


def _with(where: Where) -> str:
    return (
        f" with {', '.join(f'{name}: {_plain(value)}' for name, value in where.equal.items())}"
        if where.equal
        else ""
    )


def _object(kind: str, values: Mapping[str, Any]) -> str:
    document = [{"type": kind, **{name: _listed(value) for name, value in values.items()}}]
    return yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True).rstrip("\n")


def _listed(value: Any) -> Any:
    """Return the value in types that YAML knows."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_listed(item) for item in value]
    return {key: _listed(item) for key, item in value.items()} if isinstance(value, dict) else value


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(_listed(value), ensure_ascii=False)


def _value(value: Any) -> str:
    return f"`{json.dumps(_listed(value), ensure_ascii=False)}`".replace("|", "\\|")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"wrote {len(checks.rules())} rules\n")


if __name__ == "__main__":
    main()
