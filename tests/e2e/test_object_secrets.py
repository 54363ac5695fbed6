"""Secrets of objects in a stack file: encrypted, or from the environment, a file or a program; and how they rotate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests

from provision.config.yaml_file import dump, load
from tests.support.pulumi_shell import PulumiShell
from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENV = "PROVISION_TEST_MACHINE_SECRET"
_FIRST, _SECOND = "machine-secret-one-1234567890", "machine-secret-two-1234567890"
_ADA, _ADA_LATER, _ADA_SET = "ada-password-one", "ada-password-two", "ada-password-three"
_BOB = "bob-password-one"
_CORP, _CORP_LATER = "corp-secret-one-1234567890", "corp-secret-two-1234567890"
_OBJECTS = [
    {
        "type": "Client",
        "clientId": "machine",
        "access": "confidential",
        "serviceAccounts": True,
        "secret": f"${{env:{_ENV}}}",
    },
    {"type": "Client", "clientId": "made", "access": "confidential", "serviceAccounts": True},
    {"type": "Client", "clientId": "login", "directAccessGrants": True},
    {
        "type": "User",
        "username": "ada",
        "email": "ada@example.org",
        "firstName": "Ada",
        "lastName": "L",
        "password": {"file": "ada.txt"},
    },
    {"type": "User", "username": "bob", "password": {"command": ["cat", "bob.txt"]}},
    {
        "type": "IdentityProvider",
        "alias": "corp",
        "clientId": "keycloak",
        "authorizationUrl": "https://idp.example/authorize",
        "tokenUrl": "https://idp.example/token",
        "jwksUrl": "https://idp.example/jwks",
    },
]


def _declare(stack: StackCli, objects: list[dict[str, object]]) -> None:
    file = stack.project / "Pulumi.test.yaml"
    document = load(file)
    document["config"]["provision:objects"] = objects
    document["config"]["provision:rules"] = {"levels": {"client-password-grant": False}}  # YAML's `off`
    file.write_text(dump(document))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """A stack whose objects have secrets from every kind of source."""
    stack = StackCli(tmp_path_factory.mktemp("secrets"), environment={_ENV: _FIRST})
    (stack.project / "ada.txt").write_text(f"{_ADA}\n")
    (stack.project / "bob.txt").write_text(f"{_BOB}\n")
    _declare(stack, _OBJECTS)
    try:
        stack.run("secret", "set", "objects.IdentityProvider/corp.clientSecret", stdin=f"{_CORP}\n")
        done = stack.run("up")
        assert "bob has no email, firstName, lastName" in done.stderr
        assert "ada has no" not in done.stderr
        yield stack
    finally:
        stack.throw_away()


@pytest.fixture
def changing(live: StackCli) -> Iterator[StackCli]:
    """The same stack, for a test that changes its secrets; they are as before afterwards."""
    files = {
        live.project / name: (live.project / name).read_text() for name in ("Pulumi.test.yaml", "ada.txt")
    }
    environment = dict(live.environment)
    yield live
    for file, text in files.items():
        file.write_text(text)
    live.environment.update(environment)
    live.run("up")


def _token(stack: StackCli, code: int = 200, **form: str) -> None:
    issuer = stack.json("status")["issuer"]
    answer = requests.post(f"{issuer}/protocol/openid-connect/token", data=form, timeout=20)
    assert answer.status_code == code, answer.text


def _login(stack: StackCli, password: str, code: int = 200) -> None:
    form = {"grant_type": "password", "client_id": "login", "username": "ada", "password": password}
    _token(stack, code, **form)


def _machine(stack: StackCli, secret: str, code: int = 200) -> None:
    form = {"grant_type": "client_credentials", "client_id": "machine", "client_secret": secret}
    _token(stack, code, **form)


def _values_kept_in_clear(stack: StackCli) -> set[str]:
    """Return the secrets that a file of the stack's data holds in clear, apart from Keycloak's own database."""
    values = {_FIRST, _SECOND, _ADA, _ADA_LATER, _ADA_SET, _BOB, _CORP, _CORP_LATER}
    files = [
        file
        for file in stack.data.rglob("*")
        if file.is_file() and "h2" not in file.parts and file.suffix not in {".db", ".jar", ".sock"}
    ]
    contents = [file.read_bytes() for file in files]
    return {value for value in values if any(value.encode() in content for content in contents)}


def test_each_source_gives_a_secret_that_works(live):
    _login(live, _ADA)
    _machine(live, _FIRST)
    assert live.json("preview")["changes"] == []
    assert live.json("drift")["changes"] == []
    assert _CORP not in (live.project / "Pulumi.test.yaml").read_text()


def test_no_secret_is_kept_or_shown_in_clear(live):
    assert _values_kept_in_clear(live) == set()
    for command in (("preview", "--json"), ("status", "--json"), ("secret", "list"), ("schema",)):
        shown = live.run(*command)
        assert not {value for value in (_FIRST, _ADA, _BOB, _CORP) if value in shown.stdout + shown.stderr}


def test_the_list_names_each_secret_and_its_place_and_get_prints_one(live):
    listed = {item["name"]: item["source"] for item in live.json("secret", "list")["secrets"]}
    assert listed == {
        "objects.Client/machine.secret": "env",
        "objects.User/ada.password": "file",
        "objects.User/bob.password": "command",
        "objects.IdentityProvider/corp.clientSecret": "encrypted",
        "objects.Client/made.secret": "generated",
        "adminClientSecret": "generated",
        "introspectionClientSecret": "generated",
        "demoUserPassword": "generated",
    }
    for name, value in (
        ("objects.Client/machine.secret", _FIRST),
        ("objects.ada.password", _ADA),
        ("objects.User/bob.password", _BOB),
        ("objects.IdentityProvider/corp.clientSecret", _CORP),
        ("adminClientSecret", live.json("status", "--show-secrets")["admin"]["client_secret"]),
    ):
        assert live.run("secret", "get", name).stdout == f"{value}\n"
    made = live.run("secret", "get", "objects.Client/made.secret").stdout.strip()
    _token(live, grant_type="client_credentials", client_id="made", client_secret=made)
    refused = live.run("secret", "get", "adminClientSecrets", code=2)
    assert refused.stdout == ""
    assert "Did you mean adminClientSecret?" in refused.stderr


def test_a_secret_that_changed_at_its_source_is_a_change_and_then_none(changing):
    changing.environment[_ENV] = _SECOND
    (changing.project / "ada.txt").write_text(_ADA_LATER)
    drift = changing.json("drift", code=3)["changes"]
    assert {(item["name"], item["op"], item["cause"]) for item in drift} == {
        ("Client/machine", "update", "program"),
        ("User/ada", "update", "program"),
    }
    assert not {value for value in (_FIRST, _SECOND, _ADA, _ADA_LATER) if value in json.dumps(drift)}
    changing.run("up")
    _machine(changing, _SECOND)
    _machine(changing, _FIRST, code=401)
    _login(changing, _ADA_LATER)
    _login(changing, _ADA, code=400)
    assert changing.json("preview")["changes"] == []
    assert _values_kept_in_clear(changing) == set()


def test_a_secret_that_plain_pulumi_sets_inside_of_an_object_is_read_too(changing):
    shell = PulumiShell(changing)
    path = "provision:objects[5].clientSecret"
    shell.run(f"echo -n {_CORP_LATER} | {shell.command('config', 'set', '--secret', '--path')} '{path}'")
    (change,) = changing.json("preview")["changes"]
    assert (change["name"], change["op"]) == ("IdentityProvider/corp", "update")
    changing.run("up")
    assert changing.run("secret", "get", "objects[5].clientSecret").stdout == f"{_CORP_LATER}\n"
    shell.pulumi("preview", "--expect-no-changes")


def test_a_secret_that_is_set_takes_the_place_of_another_source(changing):
    changing.run("secret", "set", "objects.User/ada.password", stdin=f"{_ADA_SET}\n")
    ada = load(changing.project / "Pulumi.test.yaml")["config"]["provision:objects"][3]
    assert ada["password"].keys() == {"secure"}
    assert _ADA_SET not in json.dumps(ada)
    changing.run("up")
    _login(changing, _ADA_SET)
    changing.run("secret", "set", "adminClientSecret", stdin=f"{_ADA_SET}-of-the-admin\n")
    (change, *_) = changing.json("preview")["changes"]
    assert change["op"] == "update"
    changing.run("up")
    assert changing.json("drift")["changes"] == []


@pytest.mark.parametrize("command", ["preview", "up", "drift"])
def test_a_secret_that_can_not_be_had_is_one_line_and_nothing_is_done(live, command):
    kept = live.environment.pop(_ENV)
    try:
        done = live.run(command, code=2)
    finally:
        live.environment[_ENV] = kept
    assert f"objects[0]: secret: the environment variable {_ENV} is not set" in done.stderr
    lines = (live.project / "Pulumi.test.yaml").read_text().splitlines()
    entry = next(number for number, line in enumerate(lines, 1) if "type: Client" in line)
    assert f"line {entry}: provision:objects[0]" in done.stderr
    assert live.json("preview")["changes"] == []


def test_an_identity_provider_without_a_secret_is_refused_before_it_is_made(live):
    objects = [*_OBJECTS[:-1], {**_OBJECTS[-1], "alias": "other"}]
    kept = (live.project / "Pulumi.test.yaml").read_text()
    _declare(live, objects)
    try:
        done = live.run("preview", code=1)
    finally:
        (live.project / "Pulumi.test.yaml").write_text(kept)
    assert "The identity provider other has no clientSecret" in done.stderr
    assert "provision secret set objects.IdentityProvider/other.clientSecret -s test" in done.stderr
