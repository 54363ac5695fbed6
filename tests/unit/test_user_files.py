"""Files that a user gives: what can be read in several ways, or not at all, is one line with the file and the line."""

from __future__ import annotations

import re

import pytest

from provision._lib.errors import UsageError
from provision.config import json_file
from provision.config.project import Project
from provision.config.yaml_file import dump, line_of, load
from provision.rules.sources import export

_TEXT = re.compile(
    r"Traceback|valid tuple|valid dictionary|instance of|Input should|input should|pattern|NoneType|object at 0x|Error"
)
"""Words of Python and of its libraries, and regular expressions."""

_WRONG = {
    "a: 1\na: 2\n": (2, "the key 'a' is there twice"),
    "a:\n  b: 1\n  c: 2\n  b: 3\n": (4, "the key 'b' is there twice"),
    "a: {b: 1, b: 2}\n": (1, "the key 'b' is there twice"),
    "a: [{b: 1, 'b': 2}]\n": (1, "the key 'b' is there twice"),
    "a: &x [1]\nb: *x\n": (1, "an alias (*) stands for it"),
    "a: &x [*x]\n": (1, "an alias (*) stands for it"),
    "a: &x 1\nb: *x\n": (1, "an alias (*) stands for it"),
    "a: *x\n": (1, "found undefined alias"),
    "a: {b: 1}\n<<: {c: 1}\n": (2, "a merge key (<<) is not read"),
    "a: 1\n---\nb: 2\n": (2, "a second document begins"),
    "a: x\0y\n": (1, "U+0000 is not text"),
    "a: 1\nb: x\x1b[2J\n": (2, "U+001B is not text"),
    'a: 1\nb: "\\0"\n': (2, "U+0000 is not text"),
    'a: "\\x1b]0;x"\n': (1, "U+001B is not text"),
    "a: " + "9" * 5000 + "\n": (1, "this is no whole number"),
    "a: 99999999999999999999\n": (1, "this number is too large"),
    "a: .inf\n": (1, "this number is not finite"),
    "a: 2027-13-45\n": (1, "this is no date"),
    "a: !!python/object:os.system x\n": (1, "is not known"),
    "a: !env X\n": (1, "the tag !env is not known"),
    "a: !!binary aGk=\n": (1, "the tag !!binary is not known"),
    "a: !!set {x}\n": (1, "the tag !!set is not known"),
    "1: a\n": (1, "the key 1 is no text"),
    "a: {off: 1}\n": (1, "the key off is no text"),
    "? [a]\n: b\n": (1, "the key is no text"),
    "a: " + "[" * 200 + "]" * 200 + "\n": (1, "nested too deeply"),
    "a: " + "[" * 100000 + "\n": (1, "exceeded maximum nesting depth"),
    "a:\n\tb: 1\n": (2, "this is not valid YAML"),
    "a: [\n": (2, "this is not valid YAML"),
}


@pytest.mark.parametrize("text", _WRONG)
def test_what_yaml_can_say_in_two_ways_is_refused_with_its_line(tmp_path, text):
    line, reason = _WRONG[text]
    file = tmp_path / "f.yaml"
    file.write_bytes(text.encode())
    with pytest.raises(UsageError) as caught:
        load(file)
    assert caught.value.what.startswith(f"{file} (line {line}): ")
    assert reason in caught.value.what
    assert "\n" not in caught.value.what
    assert not _TEXT.search(caught.value.what.replace(str(file), ""))


def test_an_alias_bomb_is_refused_at_once(tmp_path):
    levels = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    (tmp_path / "f.yaml").write_text("\n".join(levels))
    with pytest.raises(UsageError, match=r"\(line 1\)"):
        load(tmp_path / "f.yaml")


def test_what_yaml_can_say_in_one_way_is_read(tmp_path):
    data = {"a": {"b": [1, 2.5, True, None, "text", "=", "<<"]}, "c": "ü\n", "d": "null"}
    file = tmp_path / "f.yaml"
    file.write_text("\ufeff" + dump(data), encoding="utf-8")
    assert load(file) == data
    file.write_text("")
    assert load(file) == {}


def test_the_line_of_a_value_is_the_nearest_that_there_is(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text("config:\n  a:\n    - x: 1\n      y: 2\n  b: 3\n")
    assert line_of(file, ("config", "a", 0, "y")) == 4
    assert line_of(file, ("config", "a", 7)) == 2
    assert line_of(file, ("config", "b", "inside")) == 5
    assert line_of(file, ("none",)) is None


_WRONG_JSON = {
    '{"a": 1,\n "a": 2}': "(line 2): the key 'a' is there twice",
    '{"a": [{"b": 1, "b": 2}]}': "(line 1): the key 'b' is there twice",
    '{"a": ' + "9" * 5000 + "}": "a number is too large",
    '{"a": 1e999}': "a number is too large",
    '{"a": NaN}': "NaN is no number of JSON",
    '{"a": "\\ud800"}': "half a character",
    '{"a":': "(line 1) is not JSON",
    "[" * 100000: "nested too deeply",
    "": "(line 1) is not JSON",
}


@pytest.mark.parametrize("text", _WRONG_JSON)
def test_what_json_can_say_in_two_ways_is_refused(tmp_path, text):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(UsageError) as caught:
        json_file.load(tmp_path / "f.json")
    assert _WRONG_JSON[text] in caught.value.what
    with pytest.raises(export.ExportError) as caught:
        export.snapshot(tmp_path / "f.json", "prod")
    assert _WRONG_JSON[text] in caught.value.what


def test_json_with_escapes_and_numbers_is_read(tmp_path):
    (tmp_path / "f.json").write_text('{"a": "\\ud83d\\ude00", "b": -9223372036854775807, "c": 1.5}')
    assert json_file.load(tmp_path / "f.json") == {"a": "\U0001f600", "b": -9223372036854775807, "c": 1.5}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    return Project.at(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("confg: {}\n", 1, "unknown key 'confg'"),
        ("config: []\n", 1, "config must be a mapping"),
        ("config: [1]\n", 1, "config must be a mapping"),
        ("encryptionsalt: v1:x\nconfig: text\n", 2, "config must be a mapping"),
        ("config:\n  port: 1\n", 2, "the key 'port' has no namespace"),
        ("config:\n  provision:profile: dev\n  provision:profile: prod\n", 3, "is there twice"),
    ],
)
def test_a_stack_file_of_another_shape_is_refused_with_its_line(project, text, line, reason):
    file = project.folder / "Pulumi.dev.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        project.stack("dev").config()
    assert f"{file} (line {line}): " in caught.value.what
    assert reason in caught.value.what


def test_an_unknown_key_of_a_stack_file_is_told_with_the_nearest_one(project):
    (project.folder / "Pulumi.dev.yaml").write_text("confg: {}\n")
    with pytest.raises(UsageError) as caught:
        project.stack("dev").document()
    assert caught.value.do == "Did you mean config?"


def test_a_wrong_value_is_told_with_its_line(project):
    (project.folder / "Pulumi.dev.yaml").write_text(
        "config:\n  provision:keycloak:\n    port: 1\n    prot: 2\n  provision:server: {command: python}\n"
        "  provision:objects:\n    - type: Clinet\n      clientId: a\n"
    )
    with pytest.raises(UsageError) as caught:
        project.stack("dev").config()
    lines = caught.value.what.splitlines()
    assert "  line 4: provision:keycloak.prot: unknown key; did you mean 'port'?" in lines
    assert "  line 5: provision:server.command: must be a list, such as [a, b]" in lines
    assert "  line 7: provision:objects[0]: there is no type 'Clinet'; did you mean 'Client'?" in lines


def test_the_word_off_without_quotes_is_a_level(project):
    (project.folder / "Pulumi.dev.yaml").write_text(
        "config:\n  provision:rules: {levels: {client-pkce: off}}\n"
    )
    assert project.stack("dev").config().rules.levels == {"client-pkce": "off"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is empty"),
        ("a" * 125, "too long: it has 125 characters"),
        ("dev\n", "is not a name"),
        ("a b", "is not"),
    ],
)
def test_the_name_of_a_stack_is_refused_for_its_own_reason(project, name, reason):
    with pytest.raises(UsageError, match=reason):
        project.stack(name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: ../x\n", "(line 1): '../x' is not a name for a project"),
        ("runtime: python\nname: " + "a" * 101 + "\n", "(line 2): "),
        ("name: shop\nplugins: []\n", None),
        ("name: shop\nplugins: [x]\n", "(line 2): plugins must be a mapping"),
        ("name: shop\nplugins: {providers: {name: x}}\n", "(line 2): plugins must be a mapping"),
        ("name: [shop]\n", "has no project name"),
        ("- shop\n", "holds no mapping"),
    ],
)
def test_a_project_file_of_another_shape_is_refused(tmp_path, text, reason):
    (tmp_path / "Pulumi.yaml").write_text(text)
    if reason is None:
        assert Project.at(tmp_path).name == "shop"
        return
    with pytest.raises(UsageError) as caught:
        Project.at(tmp_path)
    assert reason in caught.value.what


def test_a_project_file_without_a_name_names_the_key_that_was_meant(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("nme: shop\n")
    with pytest.raises(UsageError) as caught:
        Project.at(tmp_path)
    assert caught.value.do == "Did you mean name for nme?"
