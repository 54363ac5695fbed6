"""What holds for every kind of object that the package has."""

import ast
import re
import sys
from pathlib import Path

import pulumi
import pytest
import yaml
from pydantic.alias_generators import to_camel

from provision import core, resources
from provision.core.handler import Handler
from provision.core.registry import catalogue, homes
from provision.core.spec import Mark, Spec
from provision.provider.schema import schema, schema_json
from provision.resources.stubs import FILE, stubs
from tests.support.syntax import parsed
from tools import resource_pages

_KINDS = list(catalogue().values())


def test_the_catalogue_has_what_the_stack_needs():
    assert {
        "provision:index:GeneratedSecret",
        "provision:index:Runtime",
        "provision:keycloak:AllowedClientScopesPolicy",
        "provision:keycloak:AudienceMapper",
        "provision:keycloak:Client",
        "provision:keycloak:ClientScope",
        "provision:keycloak:RealmClientScopeAssignment",
        "provision:keycloak:Realm",
        "provision:keycloak:TrustedHostsPolicy",
        "provision:keycloak:User",
        "provision:process:Keycloak",
        "provision:process:McpServer",
    } <= set(catalogue())


@pytest.mark.parametrize("calls", _KINDS, ids=lambda calls: calls.spec.__name__)
class TestEveryKind:
    def test_it_has_a_natural_key_that_survives_the_import_id(self, calls):
        values = {field.name: f"a/b %{index}:é" for index, field in enumerate(calls.spec.key_fields())}
        assert values
        spec = calls.spec.model_construct(**values)
        assert calls.spec.from_identity(spec.identity()) == values

    def test_it_and_each_of_its_properties_have_a_description(self, calls):
        resource = schema("1.0.0")["resources"][calls.spec.token]
        assert len(resource["description"].splitlines()[0]) > 10
        properties = resource["inputProperties"] | resource["properties"]
        assert [name for name, entry in properties.items() if not entry.get("description")] == []

    def test_the_examples_of_its_page_are_what_its_sample_says(self, calls):
        wanted = resource_pages.example(calls)
        secrets = [name for name, field in calls.spec.fields().items() if field.secret]
        python, program = re.findall(
            r"```(?:python|yaml)\n(.*?)```", resource_pages.pages()[f"{calls.spec.__name__}.md"], re.DOTALL
        )
        keywords = {item.arg: item.value for item in ast.parse(python).body[-1].value.keywords}
        for name, value in wanted.items():
            if name not in secrets:
                assert ast.literal_eval(keywords[calls.spec.fields()[name].name]) == value
        properties = yaml.safe_load(program)["resources"]["example"]["properties"]
        assert properties.keys() == wanted.keys()
        for name, value in wanted.items():
            assert properties[name] == (f"${{{name}}}" if name in secrets else value) or "$${" in str(
                properties
            )
        calls.spec.model_validate(wanted)

    def test_it_implements_every_call(self, calls):
        for name in ("find", "create", "update", "delete"):
            assert getattr(calls, name) is not getattr(Handler, name)

    def test_its_names_survive_the_change_of_spelling_both_ways(self, calls):
        for model in (calls.spec, calls.outputs):
            for field in model.fields().values():
                assert to_camel(field.name) == field.wire
                assert re.sub(r"(?<!^)(?=[A-Z])", "_", field.wire).lower() == field.name

    def test_its_outputs_do_not_share_names_with_its_inputs(self, calls):
        assert not calls.spec.fields().keys() & calls.outputs.fields().keys()

    def test_it_has_no_field_that_pulumi_keeps_for_itself(self, calls):
        assert not {"id", "urn", "opts", "adoptedFrom"} & calls.spec.fields().keys()

    def test_what_sounds_like_a_secret_is_one(self, calls):
        for field in calls.spec.fields().values():
            if re.search(r"(secret|password)s?$", field.name):
                assert Mark.SECRET in field.marks, field.name

    def test_it_has_a_resource_class(self, calls):
        _, module, name = calls.spec.token.split(":")
        made = getattr(getattr(resources, module), name)
        assert issubclass(made, pulumi.CustomResource)


def test_the_schema_marks_secrets_and_keys():
    realm_client = schema("1.0.0")["resources"]["provision:keycloak:Client"]
    assert realm_client["inputProperties"]["secret"]["secret"] is True
    assert realm_client["inputProperties"]["clientId"]["willReplaceOnChanges"] is True
    assert realm_client["requiredInputs"] == ["clientId", "realm"]
    assert realm_client["inputProperties"]["redirectUris"] == {
        "type": "array",
        "items": {"type": "string"},
        "description": "Compared exactly; `http://127.0.0.1/` and `http://localhost/` match any port.",
    }


def test_the_stub_file_is_what_the_specs_say():
    assert FILE.read_text() == stubs(), "run `make stubs`"


def test_each_nested_type_and_each_of_its_fields_has_a_description():
    for token, entry in schema("1.0.0")["types"].items():
        assert entry["description"], token
        missing = [name for name, field in entry["properties"].items() if not field.get("description")]
        assert missing == [], token


def test_the_schema_names_no_type_that_it_does_not_have():
    text = schema_json("1.0.0")
    named = set(re.findall(r'"#/types/([^"]+)"', text))
    assert named == schema("1.0.0")["types"].keys()


class TestANewKind:
    """What documentation asks of the module of a kind: a group, and nothing elsewhere."""

    def listed(self, monkeypatch, **declared):
        class Spare(Spec, module="keycloak", **declared):
            """A spare kind."""

        class SpareHandler(Handler):
            spec = Spare

        kinds = {**catalogue(), Spare.token: SpareHandler}
        monkeypatch.setattr(resource_pages, "catalogue", lambda: kinds)
        return {
            title: [handler.spec.__name__ for handler in found]
            for title, found in resource_pages.groups().items()
        }

    def test_is_listed_in_the_group_that_it_declares(self, monkeypatch):
        before = {
            title: [handler.spec.__name__ for handler in found]
            for title, found in resource_pages.groups().items()
        }
        listed = self.listed(monkeypatch, group="Clients", rank=9)
        assert listed == {**before, "Clients": [*before["Clients"], "Spare"]}

    def test_may_begin_a_group(self, monkeypatch):
        listed = self.listed(monkeypatch, group="Spares")
        assert listed["Spares"] == ["Spare"]
        assert list(listed)[-1] == "Spares"

    def test_has_to_declare_a_group_where_there_are_several(self, monkeypatch):
        with pytest.raises(LookupError, match="provision:keycloak:Spare declares no group"):
            self.listed(monkeypatch)


def test_the_reference_pages_are_what_the_specs_say():
    written = {file.name: file.read_text() for file in resource_pages.FOLDER.iterdir()}
    assert written == resource_pages.pages(), "run `make docs`"
    assert resource_pages.overview() in resource_pages.README.read_text(), "run `make docs`"


def test_a_wrong_argument_of_a_resource_names_the_right_ones():
    with pytest.raises(TypeError, match="client_id"):
        resources.keycloak.Client("c", realm="r", clientid="x")


def test_the_core_knows_no_word_of_keycloak_and_imports_little():
    allowed = {"provision", "pydantic", "pydantic_core", *sys.stdlib_module_names}
    for file in Path(core.__file__).parent.glob("*.py"):
        tree = parsed(file.read_text())
        said = [node for node in ast.walk(tree) if not isinstance(node, ast.Expr)]
        documented = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in said:
            names = [getattr(node, key, None) for key in ("id", "attr", "name", "arg", "module")]
            if isinstance(node, ast.Constant) and id(node) not in documented:
                names.append(node.value)
            words = " ".join(name for name in names if isinstance(name, str)).lower()
            assert not re.search("keycloak|realm|session|features", words), (file.name, words)
            if isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] in allowed, (file.name, node.module)
                assert not node.module.startswith("provision.") or re.match(
                    r"provision\.(core|_lib)\b", node.module
                )
            elif isinstance(node, ast.Import):
                assert {item.name.split(".")[0] for item in node.names} <= allowed, file.name


def test_what_lies_in_a_realm_says_so_and_no_kind_of_this_machine_does():
    lying = {calls.spec.token for calls in _KINDS if calls.spec.container() is not None}
    assert lying == {
        token for token in catalogue() if token.split(":")[1] == "keycloak" and not token.endswith(":Realm")
    }
    assert {calls.spec.container().name for calls in _KINDS if calls.spec.token in lying} == {"realm"}


def test_the_homes_of_kinds_say_their_module():
    assert (
        set(homes())
        == {token.split(":")[1] for token in catalogue()}
        == {"docker", "index", "keycloak", "process"}
    )
