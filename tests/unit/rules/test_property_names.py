"""Rules and helpers name only properties, kinds and parameters that there are: a misspelt name would let everything pass."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import provision.rules
from provision.core.registry import catalogue
from provision.rules import checks, helpers
from provision.rules.sources.keycloak_resource import KEYCLOAK
from provision.rules.sources.kinds import OF_A_REALM, OF_A_STACK, properties_of
from tests.support.good_stacks import good

KINDS = {
    *OF_A_STACK,
    *OF_A_REALM,
    *(token.removeprefix(KEYCLOAK) for token in catalogue() if token.startswith(KEYCLOAK)),
}
_ASKS = {"get", "items", "peek", "path", "shown", "inconclusive"}
_LOOKS = {"of", "one", "none_of", "seen"}


def source(rule):
    return Path(checks.__path__[0]) / rule.group / f"{rule.id.replace('-', '_')}.py"


def misspelt(text, on, beside=(), parameters=()):
    """The names in the source of a rule that its kinds do not have."""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return [name for function in functions for name in Function(function, on, beside).misspelt(parameters)]


class Function:
    """A function of a rule or a helper."""

    def __init__(self, node, on, beside):
        self.node = node
        self.kinds = {*on, *beside}
        self.about = set().union(*map(properties_of, on))
        self.around = self.about.union(*map(properties_of, beside))
        self.judged = node.args.args[0].arg if node.name == "check" else ""
        self.others = _no_resources(node)

    def misspelt(self, parameters):
        for node in ast.walk(self.node):
            if isinstance(node, ast.Subscript) and _ends_in(node.value, "parameters"):
                yield from {_literal(node.slice)} - {"", *parameters}
            if not isinstance(node, ast.Call) or not node.args or not (name := _literal(node.args[0])):
                continue
            if isinstance(node.func, ast.Name) and node.func.id == "Violation":
                yield from {name} - self.about
            elif isinstance(node.func, ast.Attribute) and node.func.attr in _LOOKS | _ASKS:
                yield from self._asked(node, name)

    def _asked(self, call, name):
        asked = call.func.value
        if call.func.attr in _LOOKS and ast.unparse(asked) == "context":
            given = {word.arg for word in call.keywords if word.arg}
            yield from given - properties_of(name) if name in self.kinds else {name}
        elif _ends_in(asked, "properties"):
            yield from {name} - self.around
        elif isinstance(asked, ast.Name) and asked.id not in self.others:
            yield from {name} - (self.about if asked.id == self.judged else self.around)


def _no_resources(function):
    """Names that stand for values of resources, or for something else."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg) and "Resource" not in ast.unparse(node.annotation or ast.Name("")):
            found.add(node.arg)
        if isinstance(node, (ast.For, ast.comprehension)) and _is_value(node.iter):
            found |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        if isinstance(node, ast.Assign) and _is_value(node.value):
            found |= {
                name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)
            }
    return found


def _is_value(node):
    return _ends_in(node, "properties") or any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in _ASKS
        for part in ast.walk(node)
    )


def _ends_in(node, attribute):
    return isinstance(node, ast.Attribute) and node.attr == attribute


def _literal(node):
    """The first step of a path that is written out, or begins so."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return ""
    return node.value.partition(".")[0].partition("[")[0]


@pytest.mark.parametrize("rule", checks.rules(), ids=lambda rule: rule.id)
def test_a_rule_names_what_there_is(rule):
    assert {*rule.on, *rule.beside} <= KINDS
    assert misspelt(source(rule).read_text(), rule.on, rule.beside, rule.parameters) == []


@pytest.mark.parametrize("file", sorted(Path(helpers.__path__[0]).glob("*.py")), ids=lambda file: file.stem)
def test_a_helper_names_what_some_kind_has(file):
    text = file.read_text()
    if "RuleContext" in text or ": Resource" in text:
        assert misspelt(text, KINDS, (), {"scopes"}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        'client.get("redirectUri")',
        'client.items("redirectUri.more")',
        'client.properties.get("redirectUri")',
        'next(context.of("AudienceMapper")).get("more"), [m.get("redirectUri") for m in context.of("AudienceMapper")]',
        'context.one("Client", redirectUri="x")',
        'context.of("redirectUri")',
        'Violation("redirectUri", "is wrong")',
        'Violation(f"redirectUri.{0}", "is wrong")',
        'context.parameters["redirectUri"]',
    ],
)
def test_a_name_that_there_is_not_is_found(wrong):
    text = f"def check(client: Resource, context: RuleContext):\n    yield {wrong}\n"
    assert misspelt(text, ("Client",), ("AudienceMapper",), {"allowed"}) == ["redirectUri"]


@pytest.mark.parametrize("stack", ["dev", "docker", "prod", "kubernetes"])
def test_sources_show_no_other_properties(stack):
    for resource in good(stack).resources:
        assert {*resource.properties, *resource.defaults} <= properties_of(resource.kind), resource.name


@pytest.mark.parametrize("rule", checks.rules(), ids=lambda rule: rule.id)
def test_a_rule_imports_the_decorator_and_at_most_three_other_names(rule):
    imported = [
        node for node in ast.walk(ast.parse(source(rule).read_text())) if isinstance(node, ast.ImportFrom)
    ]
    (names,) = ({name.name for name in node.names} for node in imported if node.module == "provision.rules")
    assert names <= {*provision.rules.__all__}
    assert len(names - {"rule"}) <= 3
    others = {node.module for node in imported if node.module.startswith("provision.rules.")}
    assert all(module.startswith("provision.rules.helpers.") for module in others)


def test_a_misspelt_word_of_a_rule_is_refused():
    words = dict.fromkeys(("id", "severity", "title", "why", "fix", "example", "see", "on"), "x")
    with pytest.raises(TypeError, match="severty"):
        provision.rules.rule(**words, severty="low")
    assert "severity" in inspect.signature(provision.rules.rule).parameters
