"""What the program declares, with Pulumi's mocks in place of the engine."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime.config import _SECRET_KEYS, CONFIG, set_all_config

from provision.resources import keycloak
from provision.stack import program
from provision.stack.outputs import ServerOutputs, StackOutputs
from tests.support import version_before
from tests.support.certificate_authority import Authority
from tests.support.mocked_program import Recorder, declared_by, own_event_loop, with_mocks

_STACKS = Path(__file__).parents[2] / "stacks"

_SECRET = "a-secret-of-some-length"
_OWN_KEYCLOAK_IN_PRODUCTION = {
    "adminClientSecret": _SECRET,
    "introspectionClientSecret": _SECRET,
    "server": {"url": "https://mcp.example.org/mcp"},
}


def declare(**values):
    """Declare a stack of processes; gives the resources by name, and the outputs."""
    declared = declared_by({"keycloak": {"port": 8080}, "server": {"port": 3000}, **values})
    return declared.made, declared.outputs


@pytest.fixture
def config():
    """Pulumi's config, as the engine sets it."""
    before, secret = CONFIG.get(), _SECRET_KEYS.get()
    yield set_all_config
    CONFIG.set(before)
    _SECRET_KEYS.set(secret)


@pytest.mark.parametrize("profile", [{"profile": "test"}, {"profile": "prod", **_OWN_KEYCLOAK_IN_PRODUCTION}])
def test_the_outputs_are_those_of_the_model_in_its_order(profile):
    _, found = declare(**profile)
    outputs = StackOutputs.read(found, stack="dev")
    missing = [] if profile["profile"] == "test" else ["demo_user"]
    assert list(found) == [name for name in StackOutputs.model_fields if name not in missing]
    assert list(found["servers"][0]) == list(ServerOutputs.model_fields)
    assert outputs.introspection_client(outputs.servers[0]).client_id == "mcp-server"
    assert outputs.model_dump(mode="json", exclude_none=True) == json.loads(json.dumps(found))


def test_the_outputs_of_a_stack_without_a_server_are_those_of_the_model():
    _, found = declare(mcp=False, objects=[{"type": "Realm", "name": "mcp"}])
    assert list(found) == [name for name in StackOutputs.model_fields if name != "demo_user"]
    assert StackOutputs.read(found, stack="dev").servers == ()


def test_what_a_test_does_with_declared_resources_no_other_sees():
    made, outputs = declare()
    made["realm"].inputs.clear()
    outputs.clear()
    again, outputs = declare()
    assert again["realm"].inputs["name"] == "mcp"
    assert outputs["realm"] == "mcp"


def test_the_server_is_told_the_issuer_and_asks_with_its_own_secret():
    made, _ = declare()
    server = made["calculator"].inputs
    assert server["issuer"] == "http://localhost:8080/realms/mcp"
    assert server["scopes"] == ["mcp:tools"]
    assert server["introspectionClientSecret"] == made["calculator-introspection"].inputs["secret"]


def test_a_server_of_ones_own_reaches_our_keycloak_by_its_number_only():
    made, _ = declare(server={"port": 3000, "command": ["/bin/own"]})
    server = made["calculator"].inputs
    assert server["issuer"] == "http://localhost:8080/realms/mcp"
    assert server["realmUrl"] == "http://127.0.0.1:8080/realms/mcp"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {
            "runtime": "external",
            "keycloak": {"url": "http://localhost:8080"},
            "adminClientSecret": _SECRET,
            "server": {"port": 3000, "command": ["/bin/own"]},
        },
    ],
)
def test_every_other_server_reaches_keycloak_by_the_issuer(values):
    made, _ = declare(**values)
    assert "realmUrl" not in made["calculator"].inputs


def test_tokens_are_for_the_server_and_for_the_client_that_introspects_them():
    made, _ = declare()
    assert made["mcp:tools-audience"].inputs["includedCustomAudience"] == "http://localhost:3000/mcp"
    assert made["mcp:tools-audience"].inputs["name"] == "audience-config"
    assert made["mcp:tools-introspection-audience"].inputs["includedClientAudience"] == "mcp-server"


def test_the_pre_registered_client_needs_pkce_and_consent():
    made, _ = declare()
    client = made["mcp-client"].inputs
    assert client["requirePkce"] is True
    assert client["consentRequired"] is True
    assert client["access"] == "public"


_ADMIN_CLI_BY_THE_USER = {"type": "Client", "clientId": "admin-cli", "directAccessGrants": True}


@pytest.mark.parametrize("profile", [{"profile": "test"}, {"profile": "prod", **_OWN_KEYCLOAK_IN_PRODUCTION}])
def test_keycloaks_client_for_passwords_is_closed_in_a_realm_of_the_stacks_own(profile):
    made, _ = declare(**profile)
    declared = {"realm": "mcp", "clientId": "admin-cli", "directAccessGrants": False}
    assert made["admin-cli"].inputs == declared


@pytest.mark.parametrize(
    ("values", "clients"),
    [
        ({"realm": {"adopt": True}}, []),
        ({"objects": [_ADMIN_CLI_BY_THE_USER]}, [True]),
        ({"clients": [{"clientId": "admin-cli", "redirectUris": ["http://127.0.0.1/"]}]}, [False]),
        ({"mcp": False, "objects": [{"type": "Realm", "name": "mcp"}]}, []),
    ],
    ids=["adopted realm", "declared otherwise", "pre-registered", "objects only"],
)
def test_keycloaks_client_for_passwords_stays_as_somebody_else_wants_it(values, clients):
    made, _ = declare(**values)
    found = [item.inputs for item in made.values() if item.inputs.get("clientId") == "admin-cli"]
    assert [item["directAccessGrants"] for item in found] == clients


def test_registration_is_limited_to_the_hosts_of_local_clients_vs_code_and_claude():
    made, _ = declare()
    hosts = set(made["trusted-hosts"].inputs["trustedHosts"])
    assert {"localhost", "127.0.0.1", "vscode.dev", "claude.ai"} <= hosts
    assert made["trusted-hosts"].inputs["clientUrisMustMatch"] is True


def test_a_secret_of_the_stack_config_takes_the_place_of_a_generated_one():
    made, _ = declare(adminClientSecret="given-by-the-user-1")
    assert "admin-client-secret" not in made
    assert made["keycloak"].inputs["adminClientSecret"] == "given-by-the-user-1"
    assert "introspection-client-secret" in made


_PRODUCTION = {
    "profile": "prod",
    "runtime": "external",
    "keycloak": {"url": "https://login.example.org", "authRealm": "mcp"},
    "server": {"url": "https://mcp.example.org/v1/mcp"},
    "adminClientSecret": "given-by-the-user-1",
    "introspectionClientSecret": "given-by-the-user-2",
}


def test_a_production_stack_starts_nothing_generates_nothing_and_has_no_demo_user():
    made, outputs = declare(**_PRODUCTION)
    kinds = {args.typ for args in made.values()}
    assert not [kind for kind in kinds if kind.startswith(("provision:process:", "provision:index:Gen"))]
    assert "provision:keycloak:User" not in kinds
    assert "demo_user" not in outputs
    assert "suppliedKeys" not in made["realm"].inputs
    assert outputs["servers"][0]["url"] == "https://mcp.example.org/v1/mcp"
    assert (
        outputs["servers"][0]["resource_metadata"]
        == "https://mcp.example.org/.well-known/oauth-protected-resource/v1/mcp"
    )
    assert outputs["admin_console"] == "https://login.example.org/admin/mcp/console/#/mcp"


def test_a_production_stack_keeps_events_and_lets_nobody_register():
    made, _ = declare(**_PRODUCTION)
    assert made["realm"].inputs["eventsEnabled"] is True
    assert made["realm"].inputs["adminEventsEnabled"] is True
    policy = made["trusted-hosts"].inputs
    assert not policy.get("trustedHosts")
    assert policy["clientUrisMustMatch"] is True
    assert policy["hostSendingRegistrationRequestMustMatch"] is True


_DAY = 86400
_TAKEN_OVER = {**_PRODUCTION, "runtime": "external", "keycloak": {"url": "https://login.example.org"}}


@pytest.mark.parametrize(
    ("values", "expiration"),
    [
        ({}, 180 * _DAY),
        ({"realm": {"eventsDays": 30}}, 30 * _DAY),
        ({"realm": {"events": True}}, 180 * _DAY),
        ({"realm": {"events": False}}, None),
        ({"profile": "prod", **_PRODUCTION}, 180 * _DAY),
        ({"profile": "prod", **_PRODUCTION, "realm": {"eventsDays": 400}}, 400 * _DAY),
        ({"profile": "prod", **_TAKEN_OVER, "realm": {"adopt": True}}, None),
        ({"profile": "prod", **_TAKEN_OVER, "realm": {"adopt": True, "eventsDays": 7}}, 7 * _DAY),
    ],
)
def test_no_realm_of_ours_keeps_events_for_ever(values, expiration):
    made, _ = declare(**values)
    assert made["realm"].inputs.get("eventsExpiration") == expiration


def test_the_keys_of_a_users_own_dict_are_not_respelled():
    seen = {}

    def build():
        group = keycloak.Group(
            "g", realm="r", path="/a", attributes={"first_name": ["x"], "displayName": ["y"]}
        )
        return pulumi.Output.all(group.attributes, group.path).apply(lambda found: seen.update(found=found))

    made = with_mocks(build)
    assert made["g"].inputs["attributes"] == {"first_name": ["x"], "displayName": ["y"]}
    assert seen["found"] == [{"first_name": ["x"], "displayName": ["y"]}, "/a"]


def test_each_declared_client_is_made():
    redirects = {name: [f"https://{name}.example/cb"] for name in ("a", "b")}
    made, outputs = declare(
        clients=[{"clientId": name, "redirectUris": uris} for name, uris in redirects.items()]
    )
    assert {name: made[name].inputs["redirectUris"] for name in redirects} == redirects
    assert [client["client_id"] for client in outputs["clients"]] == ["a", "b"]


def test_the_outputs_are_those_of_the_contract():
    _, outputs = declare()
    assert outputs["issuer"] == "http://localhost:8080/realms/mcp"
    assert outputs["realm"] == "mcp"
    assert outputs["admin_console"] == "http://localhost:8080/admin/master/console/#/mcp"
    (server,) = outputs["servers"]
    assert server["url"] == "http://localhost:3000/mcp"
    assert server["scopes"] == ["mcp:tools"]
    assert server["introspection"]["client_secret"] == "generated-introspection-client-secret"
    assert outputs["clients"] == [{"client_id": "mcp-client"}]
    assert outputs["demo_user"] == {"username": "demo", "password": "generated-demo-user-password"}


def test_the_program_that_plain_pulumi_runs_declares_the_dev_stack(config):
    config({"provision:keycloak": '{"port": 8080}', "provision:server": '{"port": 3000}'})
    made = with_mocks(lambda: runpy.run_path(str(_STACKS / "__main__.py")) and None)
    assert made["realm"].inputs["name"] == "mcp"
    assert made["calculator"].inputs["issuer"] == "http://localhost:8080/realms/mcp"


@pytest.mark.parametrize(
    ("secret_keys", "plain"),
    [
        ([], ["adminClientSecret", "servers[0].introspectionClientSecret"]),
        (["provision:servers"], ["adminClientSecret"]),
        (["provision:adminClientSecret", "provision:servers"], None),
    ],
)
def test_rules_are_told_which_secrets_stand_in_the_stack_file_in_clear(config, secret_keys, plain):
    secret = "of-a-test-and-long-enough"
    given = {
        "provision:adminClientSecret": secret,
        "provision:keycloak": '{"port": 8080}',
        "provision:servers": f'[{{"name": "a", "port": 3000, "introspectionClientSecret": "{secret}"}}]',
    }
    config(given, secret_keys)
    made = with_mocks(lambda: program(_STACKS) and None)
    inputs = made["dev"].inputs
    assert inputs.get("plainSecrets") == plain
    assert secret not in str(inputs)


_PROD = {
    "profile": "prod",
    "runtime": "external",
    "keycloak": {"url": "https://login.example.org"},
    "server": {"url": "https://mcp.example.org/mcp"},
    "adminClientSecret": "of-a-test-and-long-enough",
    "introspectionClientSecret": "of-a-test-and-long-enough-2",
}


@pytest.mark.parametrize(
    ("values", "policy"),
    [
        ({}, None),
        (_PROD, "length(12) and notUsername(undefined) and notEmail(undefined)"),
        (_PROD | {"realm": {"adopt": True}}, None),
        (_PROD | {"realm": {"adopt": True, "passwordPolicy": "length(20)"}}, "length(20)"),
    ],
)
def test_a_production_realm_of_the_stacks_own_asks_for_long_passwords(values, policy):
    made, _ = declare(**values)
    assert made["realm"].inputs.get("passwordPolicy") == policy


def test_a_client_that_is_taken_over_keeps_no_grant_that_it_does_not_need():
    made, _ = declare()
    for name, grants in (
        ("mcp-client", ("implicitFlow", "directAccessGrants")),
        (
            "calculator-introspection",
            (
                "standardFlow",
                "implicitFlow",
                "directAccessGrants",
                "deviceGrant",
                "serviceAccounts",
                "tokenExchange",
            ),
        ),
    ):
        assert {grant: made[name].inputs.get(grant) for grant in grants} == dict.fromkeys(grants, False)


def test_a_wrong_config_reaches_plain_pulumi_without_a_traceback(config):
    config({"provision:relam": "{}"})
    with pytest.raises(pulumi.RunError, match="did you mean 'realm'"):
        with_mocks(lambda: program(_STACKS))


def test_a_certificate_that_cannot_serve_reaches_plain_pulumi_before_anything_is_declared(config, tmp_path):
    pair = Authority(tmp_path).issue(days=-1)
    server = {"tlsCertificateFile": str(pair.certificate), "tlsKeyFile": str(pair.key)}
    config({"provision:server": json.dumps(server)})
    recorder = Recorder()
    with pytest.raises(pulumi.RunError, match=r"provision:server\.tlsCertificateFile: .* has expired"):
        with_mocks(lambda: program(_STACKS), recorder)
    assert recorder.all == []


def test_plain_pulumi_without_the_stacks_file_is_refused(config):
    config({})
    with pytest.raises(pulumi.RunError, match=r"plain pulumi does not read Pulumi\.test\.yaml"):
        with_mocks(lambda: program(_STACKS), stack="test-a")


@pytest.fixture
def _own_event_loop():
    with own_event_loop():
        yield


@pytest.mark.usefixtures("_own_event_loop")
def test_what_names_an_object_by_plain_text_comes_after_it(monkeypatch):
    first = {}

    def register(self, token, name, props, opts):
        self.name = name
        first[name] = sorted(item.name for item in opts.depends_on or ())

    class Root:
        pass

    root = Root()
    monkeypatch.setattr(pulumi.CustomResource, "__init__", register)
    monkeypatch.setattr(pulumi.runtime, "get_root_resource", lambda: root)
    here = {"realm": pulumi.Output.from_input("mcp")}
    keycloak.ClientScope("tools", name="mcp:tools", **here)
    keycloak.RealmClientScopeAssignment("default", scope="mcp:tools", **here)
    keycloak.RealmClientScopeAssignment("by output", scope=pulumi.Output.from_input("mcp:tools"), **here)
    keycloak.Client("server", client_id="server", **here)
    keycloak.AudienceMapper("aud", scope="mcp:tools", name="a", included_client_audience="server", **here)
    keycloak.AudienceMapper("other", scope="not ours", name="a", included_client_audience="x", **here)
    keycloak.RealmRole("role", name=pulumi.Output.from_input("writer"), **here)
    assert first == {
        "tools": [],
        "default": ["tools"],
        "by output": [],
        "server": ["by output", "default"],
        "aud": ["server", "tools"],
        "other": [],
        "role": [],
    }
    root = Root()
    keycloak.RealmClientScopeAssignment("in another run", scope="mcp:tools", **here)
    assert first["in another run"] == []


def test_a_certificate_makes_https_of_the_url_the_audience_and_the_metadata():
    files = {"tlsCertificateFile": "/certs/a.pem", "tlsKeyFile": "/certs/a.key"}
    made, outputs = declare(server={"port": 3000, **files, "caFile": "/certs/ca.pem"})
    server = made["calculator"].inputs
    assert {name: server[name] for name in files} == files
    assert "caFile" not in server
    assert made["mcp:tools-audience"].inputs["includedCustomAudience"] == "https://localhost:3000/mcp"
    assert outputs["servers"][0]["url"] == "https://localhost:3000/mcp"


def test_the_program_of_a_project_that_the_version_before_wrote_is_still_the_program(tmp_path, monkeypatch):
    """Plain ``pulumi`` runs that file as it stands."""
    called = []
    monkeypatch.setattr("provision.stack.pulumi_program.program", called.append)
    file = shutil.copy(version_before.RECORDED / "project" / "__main__.py", tmp_path)
    runpy.run_path(str(file))
    assert called == [tmp_path]
