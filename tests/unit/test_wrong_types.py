"""Each key of the stack file with values of each wrong type: line, key, what is wanted and how to write it."""

from __future__ import annotations

import json

import pytest

from provision._lib.errors import UsageError
from provision.config.project import Project
from provision.config.stack_config import StackConfig

_SCHEMA = StackConfig.model_json_schema(by_alias=True)
_VALUES = {
    "boolean": ("true",),
    "integer": ("5", "99999999999999999999999", "-99999999999999999999999"),
    "number": ("1.5", ".nan", ".inf", "1.0e+30"),
    "string": ("abc", '"1.5.2"', "2027-01-31"),
    "array": ("[[1]]", "[]"),
    "object": ("{a: {b: [1]}}", "{}"),
    "null": ("null", "~"),
}
_ALSO = {"number": {"integer"}, "string": set(), "boolean": set()}
_WANTED = ("must be", "is not finite", "is too large", "may have", "unknown key", "needs", "give", "is not")
_SHOWN = {
    "array": "such as [a, b]",
    "object": "such as {key: value}",
    "integer": "such as 10",
    "number": "such as 1.5",
    "boolean": "true or false",
}


def _resolved(schema):
    while "$ref" in schema:
        schema = _SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _ways(schema):
    schema = _resolved(schema)
    return [_resolved(way) for way in schema.get("anyOf", [schema])]


def _keys(schema, put, path=""):
    """Yield each key with the forms that it takes, and a function that writes a value there in one line."""
    for way in _ways(schema):
        for name, inner in way.get("properties", {}).items():
            if path and name in {"env", "file", "command", "secure"}:
                continue  # of a source of secrets, which has tests of its own

            def at(text, put=put, name=name):
                return put(f"{{{json.dumps(name)}: {text}}}")

            yield f"{path}.{name}".lstrip("."), _ways(inner), at
            yield from _keys(inner, at, f"{path}.{name}")
        if "items" in way:
            yield f"{path}[0]".lstrip("."), _ways(way["items"]), lambda text, put=put: put(f"[{text}]")
            yield from _keys(way["items"], lambda text, put=put: put(f"[{text}]"), f"{path}[0]")
        if isinstance(way.get("additionalProperties"), dict):

            def named(text, put=put):
                return put(f'{{"a": {text}}}')

            yield f"{path}.a".lstrip("."), _ways(way["additionalProperties"]), named


def _places():
    for name, schema in _SCHEMA["properties"].items():

        def put(text, name=name):
            return f"  provision:{name}: {text}\n"

        yield name, _ways(schema), put
        yield from _keys(schema, put, name)


_PLACES = {path: (ways, put) for path, ways, put in _places() if ways}


def test_the_walk_finds_all_keys():
    assert len(_PLACES) > 80
    assert {
        "keycloak.port",
        "servers[0].toolScopes",
        "rules.waivers[0].reason",
        "clients[0].redirectUris[0]",
    } <= set(_PLACES)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    return tmp_path / "Pulumi.dev.yaml"


@pytest.mark.parametrize("place", _PLACES)
def test_a_value_of_a_wrong_type_is_named_with_its_line_its_key_and_what_is_wanted(file, place):
    ways, put = _PLACES[place]
    taken = {way.get("type", "string" if "enum" in way or "const" in way else "any") for way in ways}
    if "any" in taken:
        return
    wrong = set(_VALUES) - taken - set().union(*(_ALSO.get(kind, set()) for kind in taken))
    assert wrong
    for kind in sorted(wrong):
        for value in _VALUES[kind]:
            told = _told(file, put(value))
            where = place.partition("[")[0] if place.startswith("objects") else place
            assert "line 3" in told, (value, told)
            assert f"provision:{where}" in told, (value, told)
            assert any(word in told for word in _WANTED), (value, told)
            for foreign in ("Traceback", "Input should", "valid ", "pydantic", "type="):
                assert foreign not in told, (value, told)
            if value in {"true", "5", "abc"} and len(taken - {"null"}) == 1:
                (wanted,) = taken - {"null"}
                assert _SHOWN.get(wanted, "") in told, (value, told)


def _told(file, line):
    file.write_text(f"config:\n  other:key: 1\n{line}")
    try:
        Project.at(file.parent).stack("dev").config()
    except UsageError as error:
        return f"{error.what}\n{error.do}"
    raise AssertionError(f"it was taken: {line}")


def test_text_that_looks_like_a_number_is_told_to_stand_in_quotes(file):
    told = _told(file, "  provision:realm: {name: 5}\n")
    assert 'line 3: provision:realm.name: must be text, such as "abc" (in quotes if' in told


@pytest.mark.parametrize("value", [".nan", ".inf", "9" * 30])
def test_a_number_that_is_none_is_named_with_its_key(file, value):
    told = _told(file, f"  provision:servers: [{{port: {value}}}]\n")
    assert "(line 3): provision:servers[0].port: this number is" in told
    assert "Write a number in digits, such as 10" in told


def test_a_field_of_an_object_is_told_in_the_same_way(file):
    told = _told(file, "  provision:objects: [{type: Client, clientId: 5, enabled: maybe}]\n")
    assert 'line 3: provision:objects[0]: clientId: must be text, such as "abc"' in told
    assert "enabled: must be true or false" in told
