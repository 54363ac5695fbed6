"""A kind that had another name in former versions: what derives from its saying so once."""

import ast

import pulumi
import pytest

from provision import resources
from provision.config.objects import DeclaredObject, declared, in_order
from provision.core.handler import Context
from provision.core.registry import catalogue, kind
from provision.keycloak.objects.client_scope_assignment import ClientScopeAssignment
from provision.provider.journal import Journal
from provision.provider.lifecycle import Lifecycle
from provision.provider.schema import schema
from provision.resources.stubs import FILE
from provision.rules.sources.engine_inputs import resource
from provision.rules.sources.program import snapshot
from provision.stack.declared_realm import _former_names

_NOW = {
    "provision:keycloak:DefaultClientScope": "provision:keycloak:RealmClientScopeAssignment",
    "provision:keycloak:ClientDefaultScope": "provision:keycloak:ClientScopeAssignment",
}
_VALUES = {"realm": "r", "client": "c", "scope": "s", "kind": "optional"}


@pytest.mark.parametrize(("former", "now"), _NOW.items())
class TestAFormerName:
    def test_the_provider_answers_to_it(self, former, now):
        assert kind(former) is kind(now)
        assert former not in catalogue()

    def test_the_schema_has_it_as_an_alias_and_as_a_deprecated_name(self, former, now):
        assert schema("1")["resources"][now]["aliases"] == [{"type": former}]
        told = schema("1")["resources"][former]
        assert now in told["deprecationMessage"]
        assert told["inputProperties"] == schema("1")["resources"][now]["inputProperties"]

    def test_a_program_may_say_it(self, former, now):
        old, new = former.rpartition(":")[2], now.rpartition(":")[2]
        assert getattr(resources.keycloak, old) is getattr(resources.keycloak, new)

    def test_a_program_that_is_type_checked_may_say_it(self, former, now):
        old, new = former.rpartition(":")[2], now.rpartition(":")[2]
        (module,) = (
            item for item in ast.parse(FILE.read_text()).body if getattr(item, "name", "") == "keycloak"
        )
        (found,) = (item for item in module.body if getattr(item, "name", "") == old)
        assert [ast.unparse(base) for base in found.bases] == [new]
        assert [ast.unparse(item) for item in found.decorator_list] == [f"deprecated('Renamed to {new}.')"]

    def test_a_stack_file_may_say_it(self, former, now):
        old = former.rpartition(":")[2]
        fields = kind(now).spec.fields()
        item = DeclaredObject(
            type=old, **{name: value for name, value in _VALUES.items() if name in fields and name != "realm"}
        )
        spec = declared(item, "r")
        assert spec.token == now
        (name,) = in_order((item,), "r")
        (alias,) = _former_names(spec)
        assert alias.type_ == former
        assert alias.name.split("/")[0] == old
        assert alias.name.split("/")[1:] == name.split("/")[1:]

    def test_rules_see_what_it_is_called_now(self, former, now):
        fields = kind(now).spec.fields()
        inputs = {name: value for name, value in _VALUES.items() if name in fields}
        (found,) = snapshot([resource(former, "urn", inputs)], "dev").resources
        assert found.kind == now.rpartition(":")[2]


def test_no_name_is_both_former_and_in_use():
    former = [token for handler in catalogue().values() for token in handler.spec.former_tokens]
    assert len(former) == len(set(former))
    assert not set(former) & set(catalogue())
    assert set(former) == set(_NOW)


def test_the_resource_class_gives_the_engine_the_alias(monkeypatch):
    given = []
    monkeypatch.setattr(
        pulumi.CustomResource,
        "__init__",
        lambda self, token, name, props, opts: given.append((token, opts.aliases)),
    )
    monkeypatch.setattr(pulumi.runtime, "get_root_resource", lambda: None)
    resources.keycloak.ClientScopeAssignment("member", **_VALUES)
    resources.keycloak.ClientScope("scope", realm="r", name="s")
    (member, aliases), (_, none) = given
    assert member == "provision:keycloak:ClientScopeAssignment"
    assert [alias.type_ for alias in aliases] == ["provision:keycloak:ClientDefaultScope"]
    assert not none


def test_a_journal_of_a_former_version_is_read_and_its_entry_dropped(tmp_path):
    """A run of the former version was killed after it made the object."""
    file = tmp_path / "journal"
    spec = ClientScopeAssignment.model_validate(_VALUES)
    Journal(file).note(f"provision:keycloak:ClientDefaultScope {spec.identity()}", "made")
    journal = Journal(file)

    class Member(kind("provision:keycloak:ClientScopeAssignment")):
        def find(self, key):
            from provision.core.handler import Observed

            return Observed("1", spec)

        def update(self, found, spec):
            """Nothing to change."""

    lifecycle = Lifecycle(Member, Context(log=print), journal)
    made = lifecycle.create(_VALUES, preview=False)
    assert "adoptedFrom" not in made.properties
    lifecycle.diff(_VALUES, _VALUES, _VALUES)
    assert not journal.holds_entries
