"""What a stack file may say, and what happens when it says something else."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from pydantic import BaseModel

from provision._lib.errors import UsageError
from provision._lib.hints import for_stack
from provision.cli.stack_secrets import path_of
from provision.config.objects import in_order
from provision.config.project import Project
from provision.config.realm import ClientConfig
from provision.config.secret_keys import is_secret_key, secret_keys
from provision.config.stack_config import StackConfig, read
from provision.engine.operation import Engine

_SECRET = "a-secret-of-some-length"
_SECRETS = {"adminClientSecret": _SECRET, "introspectionClientSecret": _SECRET}
_EXTERNAL = {"runtime": "external", "keycloak": {"url": "https://login.example.org"}, **_SECRETS}
_ELSEWHERE = "https://mcp.example.org/mcp"
_CALLBACK = "http://localhost/callback"
_TLS = {"tlsCertificateFile": "certs/server.pem", "tlsKeyFile": "/etc/server.key", "caFile": "ca.pem"}
_ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    return Project.at(tmp_path)


def write(project, name, text):
    (project.folder / f"Pulumi.{name}.yaml").write_text(text)
    return project.stack(name)


def test_the_dev_stack_file_is_short_and_complete():
    lines = (_ROOT / "stacks" / "Pulumi.dev.yaml").read_text().splitlines()
    assert len(lines) <= 15
    config = Project.find(_ROOT).stack("dev").config()
    assert config.realm.name == "mcp"
    assert (config.keycloak.port, config.server.port) == (8080, 3000)


def test_every_key_has_a_documented_meaning():
    schema = StackConfig.model_json_schema(by_alias=True)
    models = [schema, *schema["$defs"].values()]
    silent = [
        key
        for model in models
        for key, entry in model.get("properties", {}).items()
        if not entry.get("description") and "$ref" not in entry
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"keycloak": {"prot": 1}}, "provision:keycloak.prot: unknown key; did you mean 'port'?"),
        ({"relam": {}}, "provision:relam: unknown key; did you mean 'realm'?"),
        ({"server": {"port": "many"}}, "provision:server.port: "),
        ({"server": {"port": 70000}}, "provision:server.port: "),
        ({"keycloak": {"port": 3000}, "server": {"port": 3000}}, "the port 3000 is given twice"),
        ({"runtime": "cloud"}, "provision:runtime: "),
        ({"realm": {"name": "a/b"}}, "provision:realm.name: "),
        ({"server": "yes"}, "provision:server: "),
        (
            {"server": {"tlsCertificate": "a.pem"}},
            "provision:server.tlsCertificate: unknown key; did you mean 'tlsCertificateFile'?",
        ),
        ({"server": {"tlsKeyFile": 3}}, "provision:server.tlsKeyFile: "),
        (
            {"server": {"tlsKeyFile": "a.key"}},
            "provision:server: tlsCertificateFile and tlsKeyFile go together",
        ),
        ({"servers": [{"tlsCertificateFile": "a.pem"}]}, "provision:servers[0]: tlsCertificateFile and"),
        ({"server": {"caFile": "ca.pem"}}, "provision:server: caFile is for https"),
        ({"server": {"url": _ELSEWHERE, **_TLS}}, "leave out command, image, port and tlsCertificateFile"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_path(values, message):
    with pytest.raises(UsageError) as caught:
        read(values, source="Pulumi.dev.yaml")
    assert message in caught.value.what
    assert "Pulumi.dev.yaml" in caught.value.what


@pytest.mark.parametrize("client", ["clientId: shop", "clientId: shop, redirectUris: []", "redirectUris: []"])
def test_a_client_that_the_file_names_brings_its_own_redirect_uris(project, client):
    text = f"config:\n  provision:clients:\n    - {{clientId: a, redirectUris: ['{_CALLBACK}']}}\n    - {{{client}}}\n"
    with pytest.raises(UsageError) as caught:
        write(project, "dev", text).config()
    name = "shop" if "shop" in client else "mcp-client"
    assert f"line 4: provision:clients[1]: the client {name} needs redirectUris" in caught.value.what


def test_the_default_client_keeps_its_redirect_uris_under_another_display_name():
    (client,) = read({"clients": [{"name": "Editors"}]}, source="f").clients
    assert client == ClientConfig(name="Editors")
    assert "https://claude.ai/api/mcp/auth_callback" in client.redirect_uris


def test_files_are_meant_from_the_folder_of_the_stack_file(project, monkeypatch, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    text = json.dumps({"config": {"provision:server": _TLS}})
    server = write(project, "dev", text).config().mcp_servers[0]
    assert server.tls_certificate_file == project.folder / "certs" / "server.pem"
    assert server.tls_key_file == Path("/etc/server.key")
    assert server.ca_file == project.folder / "ca.pem"


def test_each_authority_of_the_servers_is_told_once():
    names = ("a", "b", "c")
    certificate = {"tlsCertificateFile": "/s.pem", "tlsKeyFile": "/s.key"}
    servers = [
        {"name": name, **certificate, "caFile": ca}
        for name, ca in zip(names, ("/1.pem", "/1.pem", "/2.pem"), strict=True)
    ]
    config = read({"servers": [*servers, {"name": "plain"}]}, source="f")
    assert config.server_ca_files() == (Path("/1.pem"), Path("/2.pem"))
    assert config.server_ca_files({"c", "plain"}) == (Path("/2.pem"),)


def test_a_server_elsewhere_may_have_a_certificate_of_a_private_authority():
    config = read({"server": {"url": _ELSEWHERE, "caFile": "/etc/ca.pem"}}, source="f")
    assert config.mcp_servers[0].ca_file == Path("/etc/ca.pem")


def test_all_problems_are_named_at_once():
    with pytest.raises(UsageError) as caught:
        read({"keycloak": {"prot": 1}, "server": {"port": 0}}, source="f")
    assert "keycloak.prot" in caught.value.what
    assert "server.port" in caught.value.what


def test_no_error_repeats_a_value():
    with pytest.raises(UsageError) as caught:
        read({"adminClientSecret": {"oops": _SECRET}, "demoUserPassword": "abc"}, source="f")
    assert _SECRET not in str(caught.value)
    assert "abc" not in str(caught.value)


def test_objects_may_come_as_json_text_as_pulumi_hands_them_over():
    assert read({"keycloak": json.dumps({"port": 9090})}, source="f").keycloak.port == 9090


def test_a_production_stack_without_a_secret_says_how_to_set_it():
    with pytest.raises(UsageError) as caught:
        read({"profile": "prod", "server": {"url": "https://mcp.example.org/mcp"}}, source="f")
    assert "provision secret set adminClientSecret" in caught.value.what


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"runtime": "external"}, "runtime: external and keycloak.url go together"),
        (
            {"keycloak": {"url": "https://login.example.org"}},
            "runtime: external and keycloak.url go together",
        ),
        ({**_EXTERNAL, "adminClientSecret": None}, "adminClientSecret is not set"),
        ({**_EXTERNAL, "keycloak": {"url": "http://login.example.org"}}, "keycloak.url must be https"),
        ({**_EXTERNAL, "keycloak": {"url": "https://login.example.org/"}}, "provision:keycloak.url: "),
        ({**_EXTERNAL, "keycloak": {"url": "https://login.example.org", "port": 1}}, "leave it out"),
        ({"server": {"url": "http://mcp.example.org/mcp"}}, "server.url must be https"),
        ({"server": {"url": "https://mcp.example.org/mcp/"}}, "provision:server.url: "),
        (
            {"clients": [{"clientId": "mcp-server", "redirectUris": [_CALLBACK]}]},
            "the client id mcp-server is given twice",
        ),
    ],
)
def test_what_an_external_keycloak_and_server_need(values, message):
    with pytest.raises(UsageError) as caught:
        read(values, source="f")
    assert message in caught.value.what


_TWO = [{"name": "a"}, {"name": "b"}]


def test_what_several_servers_leave_open_is_named_after_them():
    first, second = read({"servers": _TWO}, source="f").mcp_servers
    assert (first.scope.name, second.scope.name) == ("mcp:a", "mcp:b")
    assert (first.client_id, second.client_id) == ("mcp-server-a", "mcp-server-b")
    (alone,) = read({"servers": [{"name": "a"}]}, source="f").mcp_servers
    assert (alone.scope.name, alone.client_id) == ("mcp:tools", "mcp-server")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"server": {"name": "a"}, "servers": _TWO}, "give server or servers, not both"),
        ({"servers": [{"name": "a"}, {"name": "a"}]}, "the name of a server a is given twice"),
        ({"server": {"name": "keycloak"}}, "a server can't be called keycloak"),
        ({"servers": [{"name": "a", "port": 1}, {"name": "b", "port": 1}]}, "the port 1 is given twice"),
        (
            {"servers": [{"name": "a", "scope": {"name": "s"}}, {"name": "b", "scope": {"name": "s"}}]},
            "the scope s is given twice",
        ),
        (
            {"servers": [{"name": "a", "toolScopes": {"t": ["mcp:b"]}}, {"name": "b"}]},
            "toolScopes names mcp:b",
        ),
        ({"servers": _TWO, "introspectionClientSecret": _SECRET}, "give each of servers its own"),
        ({"server": {"url": "https://m.example.org/mcp", "port": 1}}, "leave out command, image, port and"),
        (
            {
                "profile": "prod",
                "adminClientSecret": _SECRET,
                "servers": [{"url": "https://m.example.org/mcp"}],
            },
            "servers[0].introspectionClientSecret is not set",
        ),
        ({"profile": "prod", **_SECRETS, "servers": [{"name": "a"}]}, "give each of servers its own"),
    ],
)
def test_what_several_servers_must_not_share(values, message):
    with pytest.raises(UsageError) as caught:
        read(values, source="f")
    assert message in caught.value.what


def test_an_encrypted_secret_of_one_of_several_servers_counts_as_set(project):
    stack = write(
        project,
        "prod",
        "config:\n  provision:profile: prod\n  provision:servers:\n"
        "    - {url: 'https://mcp.example.org/mcp', introspectionClientSecret: {secure: v1:def}}\n"
        "  provision:adminClientSecret: {secure: v1:abc}\n",
    )
    assert stack.config().mcp_servers[0].introspection_client_secret is not None


def test_client_id_metadata_documents_switch_their_feature_on():
    assert read({}, source="f").features == ()
    switched = read({"registration": {"clientIdMetadata": {"enabled": True}}}, source="f")
    assert switched.features == ("cimd",)


def test_the_command_that_sets_a_missing_secret_names_the_stack(project):
    stack = write(
        project, "shop", f"config:\n  provision:profile: prod\n  provision:server: {{url: {_ELSEWHERE}}}\n"
    )
    for_stack("shop")
    with pytest.raises(UsageError) as caught:
        stack.config()
    assert "`provision secret set adminClientSecret -s shop`" in caught.value.what


def test_the_production_example_lacks_nothing_but_its_secrets():
    stack = Project.find(_ROOT).stack("prod")
    with pytest.raises(UsageError, match="adminClientSecret is not set"):
        stack.config()
    own = {key.removeprefix("provision:"): value for key, value in stack.document()["config"].items()}
    config = read({**own, **_SECRETS}, source="f")
    assert config.events
    assert not config.registration_enabled
    assert not config.ephemeral


def test_a_production_stack_with_its_secrets_is_fine_and_hides_them():
    config = read({"profile": "prod", "server": {"url": "https://m.example.org/mcp"}, **_SECRETS}, source="f")
    assert not config.ephemeral
    assert _SECRET not in repr(config)


def test_an_encrypted_secret_counts_as_set(project):
    stack = write(
        project,
        "prod",
        "config:\n  provision:profile: prod\n  provision:server: {url: 'https://mcp.example.org/mcp'}\n"
        "  provision:adminClientSecret: {secure: v1:abc}\n  provision:introspectionClientSecret: {secure: v1:def}\n",
    )
    assert stack.config().profile == "prod"


def test_a_copy_of_a_stack_shares_its_file(project):
    write(project, "test", "config: {}\n")
    write(project, "test-special", "config: {}\n")
    assert project.stack("test-a").file.name == "Pulumi.test.yaml"
    assert project.stack("test-special").file.name == "Pulumi.test-special.yaml"
    assert project.stack("test-special-2").file.name == "Pulumi.test-special.yaml"
    assert project.stack("test-a").home != project.stack("test-b").home


def test_a_file_with_a_salt_alone_does_not_make_a_copy_a_stack_of_its_own(project):
    write(project, "test", "config:\n  provision:profile: test\n")
    write(project, "test-a", "encryptionsalt: v1:abc\n")
    assert project.stack("test-a").config().profile == "test"


def test_an_unknown_stack_names_those_that_exist(project):
    write(project, "dev", "config: {}\n")
    with pytest.raises(UsageError) as caught:
        project.stack("prod").config()
    assert "Stacks here: dev" in caught.value.do


@pytest.mark.parametrize("name", ["", "a/b", "../x", "-x", "a b"])
def test_a_name_that_could_leave_its_folder_is_refused(project, name):
    with pytest.raises(UsageError):
        project.stack(name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"config: [\n", "is not valid YAML"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"- a\n", "holds no mapping"),
        (b"config:\n  port: 1\n", "has no namespace"),
    ],
)
def test_an_unreadable_stack_file_is_an_error_that_names_it(project, content, message):
    (project.folder / "Pulumi.dev.yaml").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        project.stack("dev").config()
    assert message in caught.value.what
    assert "Pulumi.dev.yaml" in caught.value.what


def test_keys_of_other_namespaces_are_left_alone(project):
    assert write(project, "dev", "config:\n  aws:region: eu\n").config() == StackConfig()


def test_the_project_is_found_from_a_folder_below_and_from_the_one_above(project, monkeypatch):
    below = project.folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert Project.find(None) == project
    assert Project.find(_ROOT).folder == _ROOT / "stacks"


def test_no_project_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="There is no Pulumi"):
        Project.find(tmp_path)


def test_two_clones_of_one_project_keep_their_stacks_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    homes = set()
    for clone in ("a", "b"):
        (tmp_path / clone).mkdir()
        (tmp_path / clone / "Pulumi.yaml").write_text("name: shop\n")
        homes.add(Project.at(tmp_path / clone).stack("dev").home)
    assert len(homes) == 2


@pytest.mark.parametrize(
    "values",
    [
        {"clients": [{"clientId": "c\x1b]0;title\x07"}]},
        {"server": {"clientId": "a\0b"}},
    ],
)
def test_a_client_id_with_a_control_character_is_refused(values):
    with pytest.raises(UsageError, match="printable"):
        read(values, source="f")


def test_two_objects_whose_keys_join_to_the_same_text_are_both_declared():
    objects = [
        {"type": "ClientRole", "client": "a/b", "name": "c"},
        {"type": "ClientRole", "client": "a", "name": "b/c"},
    ]
    config = read({"objects": objects}, source="f")
    assert set(in_order(config.objects, "mcp")) == {"ClientRole/a%2Fb/c", "ClientRole/a/b%2Fc"}


_FORMS = (
    "adminClientSecret",
    "introspectionClientSecret",
    "demoUserPassword",
    "server.introspectionClientSecret",
    "servers[0].introspectionClientSecret",
)


def test_the_keys_of_the_secrets_are_the_secret_fields_of_the_configuration():
    assert set(secret_keys()) == set(_FORMS)
    assert is_secret_key("servers[12].introspectionClientSecret")
    for wrong in (
        "adminSecret",
        "servers.introspectionClientSecret",
        "server[0].introspectionClientSecret",
        "",
    ):
        assert not is_secret_key(wrong)


@pytest.mark.parametrize("key", _FORMS)
def test_each_key_of_a_secret_is_accepted_by_the_command_and_by_the_stack_file(project, key):
    name, _, inner = key.rpartition(".")
    value = {"name": "a", inner: _SECRET} if name.endswith("[0]") else {inner: _SECRET}
    given = {inner: _SECRET} if not name else {"servers": [value]} if name.endswith("[0]") else {name: value}
    assert tuple(read(given, source="f").given_secrets) == (key,)
    text = json.dumps({"config": {f"provision:{name}": value for name, value in given.items()}})
    assert path_of(write(project, "dev", text), key) == key


def test_a_key_without_a_secret_is_refused_with_the_nearest_one_or_the_list(project):
    stack = write(project, "dev", "config: {}\n")
    with pytest.raises(UsageError) as caught:
        path_of(stack, "adminSecret")
    assert caught.value.do == "Did you mean adminClientSecret?"
    with pytest.raises(UsageError) as caught:
        path_of(stack, "xyz")
    assert caught.value.do == f"There are {', '.join(key for key in _FORMS if '[' not in key)}."


@pytest.mark.parametrize(
    "file", ["{}", "{provision:server: {name: a}}", "{provision:servers: [{name: a}, {name: b}]}"]
)
def test_each_name_of_a_secret_that_is_offered_can_be_set(project, file):
    stack = write(project, "dev", f"config: {file}\n")
    with pytest.raises(UsageError) as caught:
        path_of(stack, "xyz")
    offered = caught.value.do.removeprefix("There are ").removesuffix(".").split(", ")
    assert ("servers[1].introspectionClientSecret" in offered) == ("servers" in file)
    for name in offered:
        key = path_of(stack, name)
        value = {"config": stack.document()["config"] or {}}
        outer, _, inner = key.rpartition(".")
        if outer.startswith("servers["):
            value["config"]["provision:servers"][int(outer[8:-1])][inner] = _SECRET
        elif outer:
            value["config"].setdefault("provision:server", {})[inner] = _SECRET
        else:
            value["config"][f"provision:{key}"] = _SECRET
        write(project, "other", json.dumps(value)).config()


def _types(annotation):
    arguments = get_args(annotation)
    return [found for part in arguments for found in _types(part)] if arguments else [annotation]


def _numbers(model, path=()):
    """Yield the path of each number in the configuration."""
    for name, field in model.model_fields.items():
        here = (*path, field.alias or name)
        types = _types(field.annotation)
        for part in types:
            if part in {int, float} and bool not in types:
                yield here, part
            elif isinstance(part, type) and issubclass(part, BaseModel):
                yield from _numbers(part, here)


def _nested(path, value):
    for key in reversed(path):
        value = {key: value}
    return value


_NUMBERS = list(_numbers(StackConfig))


@pytest.mark.parametrize(("path", "kind"), _NUMBERS, ids=[".".join(path) for path, _ in _NUMBERS])
def test_a_boolean_is_no_number(path, kind):
    values = _nested(path[1:], value=True)
    values = [values] if path[0] == "servers" else values
    with pytest.raises(UsageError) as caught:
        read({path[0]: values}, source="f")
    reason = "must be a whole number" if kind is int else "must be a number"
    assert f"{path[-1]}: {reason}" in caught.value.what


def test_the_numbers_of_the_stack_file_are_found_by_the_test():
    assert {
        ("server", "port"),
        ("keycloak", "port"),
        ("server", "cacheSeconds"),
        ("realm", "eventsDays"),
    } <= {path for path, _ in _NUMBERS}


def test_a_boolean_is_no_number_of_an_object_either():
    entry = {"type": "Client", "clientId": "a", "access": "bearer-only", "accessTokenLifespan": True}
    with pytest.raises(UsageError, match="accessTokenLifespan: must be a whole number"):
        read({"objects": [entry]}, source="f")


def test_whole_numbers_of_pulumi_are_numbers_still():
    config = read({"server": {"port": 3000.0, "cacheSeconds": 3}, "keycloak": '{"port": 8080}'}, source="f")
    assert (config.server.port, config.keycloak.port, config.server.cache_seconds) == (3000, 8080, 3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"server": {"tool_scopes": {}}},
            "provision:server.tool_scopes: unknown key; did you mean 'toolScopes'?",
        ),
        ({"demo_user": {}}, "provision:demo_user: unknown key; did you mean 'demoUser'?"),
        (
            {"realm": {"events_days": 3}},
            "provision:realm.events_days: unknown key; did you mean 'eventsDays'?",
        ),
        (
            {"objects": [{"type": "Client", "client_id": "a"}]},
            "client_id: unknown key; did you mean 'clientId'?",
        ),
        ({"rules": {"waivers": [], "fail_on": 1}}, "provision:rules.fail_on: unknown key"),
    ],
)
def test_a_key_has_one_spelling(values, message):
    with pytest.raises(UsageError) as caught:
        read(values, source="f")
    assert message in caught.value.what


@pytest.mark.parametrize("key", _FORMS)
def test_pulumi_is_told_when_a_key_is_inside_of_another(key):
    told = []
    engine = SimpleNamespace(
        stack=SimpleNamespace(name="dev", file="Pulumi.dev.yaml", project=SimpleNamespace(folder=Path())),
        _make_stack=lambda: None,
        refuse_unwritable_file=lambda: None,
        cli=SimpleNamespace(run=lambda *given, **_: told.append(given)),
    )
    Engine.set_secret(engine, key, _SECRET)
    (*_, name, _stack, _dev, _config_file, _file) = told[0]
    assert name == f"provision:{key}"
    assert ("--path" in told[0]) is ("." in key)
    assert _SECRET not in told[0]
