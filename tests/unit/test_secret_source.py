"""The secrets of a stack file and the places that they come from."""

from __future__ import annotations

import json
import os
import shlex
import sys

import pytest

from provision._lib.errors import UsageError
from provision.cli.stack_secrets import path_of, secrets_of
from provision.config.objects import declared
from provision.config.project import Project
from provision.config.secret_source import all_marked, marked
from provision.config.stack_config import StackConfig, read
from provision.stack.pulumi_program import _marked

_SECRET = "the-secret-of-the-source-1"
_CLIENT = {"type": "Client", "clientId": "shop", "access": "confidential", "serviceAccounts": True}


def _secret_of(source, folder=None, *, resolve=True):
    config = read({"objects": [{**_CLIENT, "secret": source}]}, source="f", folder=folder, resolve=resolve)
    return declared(config.objects[0], "mcp").secret


def _refusal(source, folder=None):
    with pytest.raises(UsageError) as caught:
        _secret_of(source, folder)
    assert _SECRET not in str(caught.value)
    (line,) = caught.value.what.splitlines()[1:]
    return line


@pytest.mark.parametrize("form", ["${env:SHOP_SECRET}", {"env": "SHOP_SECRET"}])
def test_a_secret_comes_from_the_environment(form, monkeypatch):
    monkeypatch.setenv("SHOP_SECRET", _SECRET)
    assert _secret_of(form) == _SECRET


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_comes_from_a_file_beside_the_stack_file(tmp_path, end):
    (tmp_path / "secret").write_bytes(f"{_SECRET}{end}".encode())
    assert _secret_of({"file": "secret"}, tmp_path) == _SECRET
    assert _secret_of({"file": str(tmp_path / "secret")}) == _SECRET


def test_a_newline_in_the_middle_and_blanks_belong_to_a_secret(tmp_path):
    (tmp_path / "secret").write_text(" a\nb \n\n")
    assert _secret_of({"file": "secret"}, tmp_path) == " a\nb \n"


def test_a_source_is_not_asked_while_only_the_presence_of_a_secret_counts(tmp_path):
    script = "open('runs', 'a').write('x')"
    for source in ({"command": [sys.executable, "-c", script]}, {"file": "none"}, {"env": "SHOP_NOT_SET"}):
        assert _secret_of(source, tmp_path, resolve=False)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"env": "SHOP_NOT_SET"}, "the environment variable SHOP_NOT_SET is not set"),
        ("${env:SHOP_NOT_SET}", "the environment variable SHOP_NOT_SET is not set"),
        ({"env": "SHOP_EMPTY"}, "environment variable SHOP_EMPTY gives nothing"),
        ({"env": "A-B"}, "env must be the name of an environment variable"),
        ("${vault:x}", "the only text that stands for a secret is ${env:NAME}"),
        ({"file": "none.txt"}, "none.txt can't be read: No such file or directory"),
        ({"file": ""}, "file must be text and not empty"),
        ({"file": "latin"}, "gives no text in UTF-8"),
        ({"file": "nul"}, "gives a NUL character"),
        ({"file": "huge"}, "huge can't be read: it has more than 64 KiB"),
        ({"file": "pipe"}, "pipe can't be read: it is a pipe or a device, and no file"),
        ({"file": "."}, "can't be read: Is a directory"),
        ({"command": "vault kv get x"}, "command must be a list"),
        ({"command": []}, "command must be a list"),
        ({"env": "A", "file": "b"}, "must have one key, as in {env: NAME}"),
        ({"vault": "x"}, "must have one key"),
        ({}, None),
        (5, "must be text, or {env: NAME}"),
        (["x"], "must be text, or {env: NAME}"),
        (_SECRET, "secret is a secret and does not belong in clear into a stack file"),
    ],
)
def test_what_gives_no_secret_is_one_line_that_says_why(source, reason, tmp_path, monkeypatch):
    monkeypatch.delenv("SHOP_NOT_SET", raising=False)
    monkeypatch.setenv("SHOP_EMPTY", "")
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    (tmp_path / "nul").write_bytes(b"a\0b")
    (tmp_path / "huge").write_bytes(b"x" * (64 * 1024 + 1))
    os.mkfifo(tmp_path / "pipe")
    line = _refusal(source, tmp_path)
    if reason is not None:
        assert line.startswith("  provision:objects[0]: secret")
        assert reason in line


def test_clear_text_is_refused_with_the_ways_out():
    provider = {
        "type": "IdentityProvider",
        "alias": "corp",
        "clientId": "k",
        "authorizationUrl": "https://idp.example/a",
        "tokenUrl": "https://idp.example/t",
        "jwksUrl": "https://idp.example/k",
    }
    with pytest.raises(UsageError) as caught:
        read({"objects": [{**provider, "clientSecret": _SECRET}]}, source="f")
    assert _SECRET not in str(caught.value)
    assert "{env: NAME}, {file: PATH} or {command: [PROGRAM" in caught.value.what
    assert "provision secret set objects.IdentityProvider/corp.client" in caught.value.what


def test_the_stack_s_own_secrets_take_the_same_sources(monkeypatch):
    monkeypatch.setenv("SHOP_SECRET", _SECRET)
    given = {"adminClientSecret": {"env": "SHOP_SECRET"}, "demoUserPassword": {"env": "SHOP_SHORT"}}
    config = read(given, source="f")
    assert str(config.given_secrets["adminClientSecret"].origin) == "environment variable SHOP_SECRET"
    monkeypatch.setenv("SHOP_SHORT", "abc")
    with pytest.raises(UsageError) as caught:
        read(given, source="f", resolve=True)
    assert "demoUserPassword: is too short: it must have 4 characters or more" in caught.value.what
    monkeypatch.setenv("SHOP_SHORT", "abcd")
    config = read(given, source="f", resolve=True)
    assert config.admin_client_secret.get_secret_value() == _SECRET
    assert _SECRET not in repr(config)


def test_a_limit_of_an_object_s_secret_counts_for_what_the_source_gives(tmp_path):
    (tmp_path / "secret").write_text("x" * 256)
    assert "secret: is too long: it may have 255 characters" in _refusal({"file": "secret"}, tmp_path)


def test_the_schema_of_a_stack_file_has_the_sources_and_no_value(monkeypatch):
    monkeypatch.setenv("SHOP_SECRET", _SECRET)
    schema = json.dumps(StackConfig.model_json_schema(by_alias=True)["properties"]["adminClientSecret"])
    for source in ("env", "file", "command", "secure"):
        assert f'"required": ["{source}"]' in schema


def test_what_pulumi_decrypts_is_told_from_clear_text_by_the_stack_file():
    written = [{**_CLIENT, "secret": {"secure": "v1:abc"}}]
    given = [{**_CLIENT, "secret": _SECRET}]
    config = read({"objects": marked(given, written)}, source="f", resolve=True)
    assert declared(config.objects[0], "mcp").secret == _SECRET
    with pytest.raises(UsageError, match="in clear"):
        read({"objects": marked(given, given)}, source="f", resolve=True)


@pytest.mark.parametrize("value", ["${env:SHOP_NOT_SET}", "{not json", "[1]"])
def test_a_decrypted_secret_means_itself_whatever_it_looks_like(value):
    padded = f"{value}{' ' * 16}" if value[0] != "$" else value
    given = _marked("provision:adminClientSecret", padded, {"secure": "v1:abc"})
    config = read({"adminClientSecret": given}, source="f", resolve=True)
    assert config.admin_client_secret.get_secret_value() == padded


def test_all_texts_of_a_value_that_pulumi_holds_secret_count_as_encrypted():
    given = all_marked([{**_CLIENT, "secret": _SECRET}])
    assert declared(read({"objects": given}, source="f").objects[0], "mcp").secret == _SECRET


@pytest.fixture
def stack(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    objects = [
        {**_CLIENT, "secret": {"env": "SHOP_SECRET"}},
        {"type": "User", "username": "ada", "password": {"command": ["pass", "show", "a b"]}},
        {"type": "Client", "clientId": "a/b.c", "access": "confidential", "serviceAccounts": True},
    ]
    (tmp_path / "Pulumi.dev.yaml").write_text(json.dumps({"config": {"provision:objects": objects}}))
    return Project.at(tmp_path).stack("dev")


def test_the_list_has_given_and_generated_secrets_and_where_they_come_from(stack):
    recorded = [
        {
            "urn": "urn:pulumi:dev::shop::provision:keycloak:Client::Client/a/b.c",
            "outputs": {"generatedSecret": {"x": 1}},
        },
        {"urn": "urn:pulumi:dev::shop::provision:keycloak:Client::Client/shop", "outputs": {}},
    ]
    listed = {item.name: item.source for item in secrets_of(stack.config(), recorded)}
    assert listed == {
        "objects.Client/shop.secret": "environment variable SHOP_SECRET",
        "objects.User/ada.password": f"command {shlex.join(['pass', 'show', 'a b'])}",
        "objects.Client/a/b.c.secret": "generated by Keycloak",
        "adminClientSecret": "generated by the stack, encrypted in its state",
        "introspectionClientSecret": "generated by the stack, encrypted in its state",
        "demoUserPassword": "generated by the stack, encrypted in its state",
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("objects.Client/shop.secret", "objects[0].secret"),
        ("objects.shop.secret", "objects[0].secret"),
        ("objects[1].password", "objects[1].password"),
        ("objects.Client/a/b.c.secret", "objects[2].secret"),
        ("adminClientSecret", "adminClientSecret"),
    ],
)
def test_a_secret_is_set_at_the_path_that_its_name_stands_for(stack, name, path):
    assert path_of(stack, name) == path


@pytest.mark.parametrize(
    "name", ["objects.Client/shop.name", "objects[7].secret", "objects.Client/shp.secret"]
)
def test_a_name_of_no_secret_is_refused_with_the_nearest_one(stack, name):
    with pytest.raises(UsageError) as caught:
        path_of(stack, name)
    assert "Did you mean objects." in caught.value.do
