"""Staging is held as production, but for what the documentation names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision._lib.errors import UsageError
from provision.config.profile import PROFILES, is_production
from provision.config.stack_config import read
from provision.rules import checks
from provision.rules.reports.explanation import explained
from tests.support.asked_rule import asked, resource
from tests.support.mocked_program import declared_by

if TYPE_CHECKING:
    from provision.rules.definition import Rule

_ROOT = Path(__file__).parents[2]
_DECLARED = {
    "runtime": "external",
    "keycloak": {"url": "https://login.example.org"},
    "server": {"url": "https://mcp.example.org/mcp"},
    "adminClientSecret": "given-by-the-user-1",
    "introspectionClientSecret": "given-by-the-user-2",
}
_DERIVED = ("registration_enabled", "events", "events_days", "password_policy", "ephemeral")


def of(profile, **values):
    return read({"profile": profile, **_DECLARED, **values}, source="f")


def test_only_staging_and_prod_are_held_as_production():
    assert [profile for profile in PROFILES if is_production(profile)] == ["staging", "prod"]
    assert not is_production(None)


def test_staging_has_the_defaults_of_production():
    staging, prod = of("staging"), of("prod")
    assert {name: getattr(staging, name) for name in _DERIVED} == {
        "registration_enabled": False,
        "events": True,
        "events_days": 180,
        "password_policy": "length(12) and notUsername(undefined) and notEmail(undefined)",
        "ephemeral": False,
    }
    assert staging.model_copy(update={"profile": "prod"}) == prod


@pytest.mark.parametrize("missing", ["adminClientSecret", "introspectionClientSecret", "server"])
def test_staging_refuses_what_production_refuses(missing):
    given = {name: value for name, value in _DECLARED.items() if name != missing}
    said = []
    for profile in ("staging", "prod"):
        with pytest.raises(UsageError) as caught:
            read({"profile": profile, **given}, source="f")
        said.append(caught.value.what)
    assert missing in said[0]
    assert said[0] == said[1]


def test_staging_declares_exactly_the_objects_of_production():
    made = {
        profile: {item.name: item.inputs for item in declared_by({"profile": profile, **_DECLARED}).all}
        for profile in ("staging", "prod")
    }
    assert "demo-user" not in made["staging"]
    differing = [name for name, inputs in made["prod"].items() if made["staging"].get(name) != inputs]
    assert made["staging"].keys() == made["prod"].keys()
    assert differing == ["dev"]  # the component, whose input says the profile


def test_the_rules_that_staging_holds_as_advice_are_those_of_the_page():
    page = (_ROOT / "docs/production.md").read_text().partition("## Staging")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([a-z-]+)` \| mandatory \| advisory: \w", page, re.MULTILINE))
    differing = {rule.id: rule.level("staging") for rule in checks.rules() if relaxed(rule)}
    assert differing == dict.fromkeys(named, "advisory")
    assert named


def relaxed(rule: Rule) -> bool:
    return rule.level("staging") != rule.level("prod")


def test_every_parameter_is_that_of_production():
    assert [rule.id for rule in checks.rules() if rule.defaults("staging") != rule.defaults("prod")] == []


def test_a_demo_user_fails_staging_and_open_registration_is_advice():
    demo = resource("User", username="demo")
    assert [item.level for item in asked("demo-user-in-production", demo, profile="staging").findings] == [
        "mandatory"
    ]
    hosts = resource("TrustedHostsPolicy", trustedHosts=["vscode.dev"])
    for profile, level in (("staging", "advisory"), ("prod", "mandatory")):
        report = asked("registration-in-production", hosts, profile=profile)
        assert [item.level for item in report.findings] == [level]


def test_a_rule_says_what_it_is_in_staging():
    last = explained(checks.rule("keycloak-replicas"), 100)
    text = " ".join(str(part) for line in last for part in line)
    assert "Mandatory in prod, advisory in staging." in re.sub(r"\s+", " ", text)


def test_what_production_is_stands_in_one_place():
    """A comparison with the name of one profile would leave staging out."""
    compared = re.compile(r"""[!=]= ?["']prod["']""")
    found = {
        path.relative_to(_ROOT).as_posix()
        for path in (_ROOT / "provision").rglob("*.py")
        if compared.search(path.read_text(encoding="utf-8"))
    }
    assert found == set()
