"""The rules on clients at their edges: what they let pass, what they catch, what they leave open."""

from __future__ import annotations

import json
from dataclasses import replace
from shlex import quote

import pytest

from provision.config.rules import RulesConfig
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.model import MASKED, UNKNOWN, Resource
from provision.rules.sources import program
from provision.rules.sources.resource_input import ResourceInput
from tests.support.asked_rule import asked, resource


def client(**properties):
    return resource("Client", **{"clientId": "app", "standardFlow": True, **properties})


def paths(report):
    return [finding.path for finding in report.findings]


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost/callback",
        "http://localhost:8787/callback",
        "http://127.0.0.1:33418/",
        "http://[::1]:4000/",
        "http://app.localhost:4000/",
        "https://vscode.dev/redirect",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "/realms/mcp/account/",
    ],
)
def test_a_program_of_this_machine_and_https_may_be_redirected_to(uri):
    assert not paths(asked("client-plain-http-redirect", client(redirectUris=[uri])))


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example.org/callback",
        "HTTP://APP.EXAMPLE.ORG/callback",
        "http://localhost.attacker.example/",
        "http://127.0.0.1.attacker.example/",
        "http://localhost@attacker.example/",
        "http://10.0.0.7/callback",
        "http://[2001:db8::1]/callback",
    ],
)
def test_plain_http_to_another_machine_is_found_however_it_is_written(uri):
    good = "https://claude.ai/api/mcp/auth_callback"
    report = asked("client-plain-http-redirect", client(redirectUris=[good, uri]))
    assert paths(report) == ["redirectUris[1]"]
    assert report.findings[0].actual == uri


def test_a_relative_redirect_goes_where_the_root_url_says():
    relative = client(rootUrl="http://app.example.org/", redirectUris=["/callback"])
    assert paths(asked("client-plain-http-redirect", relative)) == ["redirectUris[0]"]
    hidden = client(rootUrl=UNKNOWN, redirectUris=["/callback"])
    assert len(asked("client-plain-http-redirect", hidden).inconclusive) == 1
    absolute = client(rootUrl=UNKNOWN, redirectUris=["https://claude.ai/"])
    assert not asked("client-plain-http-redirect", absolute).inconclusive


def test_a_redirect_that_can_be_seen_is_judged_beside_one_that_can_not():
    report = asked("client-plain-http-redirect", client(redirectUris=[UNKNOWN, "http://a.example/"]))
    assert paths(report) == ["redirectUris[1]"]
    assert len(report.inconclusive) == 1


@pytest.mark.parametrize(
    "uri", ["http://[::1", "https://a℀.example.org/", "app.example.org/callback", "http:80"]
)
@pytest.mark.parametrize("rule", ["client-plain-http-redirect", "client-foreign-redirect"])
def test_what_is_no_url_leads_nowhere_and_hides_no_redirect_beside_it(rule, uri):
    report = asked(rule, client(redirectUris=[uri, "http://attacker.example/"]))
    assert paths(report) == ["redirectUris[1]"]
    assert not report.inconclusive


@pytest.mark.parametrize(
    ("url", "found"), [("app.example.org:3000/mcp", []), ("https://[app", ["redirectUris[0]"])]
)
def test_a_server_of_the_stack_vouches_for_its_host_if_its_address_names_one(url, found):
    ours = Resource("McpServer", "server", {"url": url})
    looked_at = client(redirectUris=["https://app.example.org/callback"])
    assert paths(asked("client-foreign-redirect", looked_at, ours)) == found


@pytest.mark.parametrize("uri", ["https://app.example.org/cb", "https://deep.web.example.org/cb"])
def test_hosts_of_the_list_and_of_the_stack_may_get_codes(uri):
    ours = Resource("McpServer", "server", {"url": "https://app.example.org/mcp"})
    allowed = ["*.web.example.org"]
    looked_at = client(redirectUris=[uri])
    assert not paths(asked("client-foreign-redirect", looked_at, ours, allowedHosts=allowed))
    assert paths(asked("client-foreign-redirect", looked_at)) == ["redirectUris[0]"]


def test_a_wildcard_for_a_host_is_the_matter_of_another_rule():
    wild = client(redirectUris=["https://*.example.org/cb"])
    assert not paths(asked("client-foreign-redirect", wild))
    assert paths(asked("client-wildcard-redirect", wild)) == ["redirectUris"]


def test_redirect_uris_count_where_a_browser_is_sent_to_the_client():
    idle = {"standardFlow": False, "redirectUris": ["http://app.example.org/*"]}
    for rule in ("client-plain-http-redirect", "client-wildcard-redirect", "client-foreign-redirect"):
        assert not paths(asked(rule, client(**idle)))
        assert paths(asked(rule, client(**idle, implicitFlow=True)))


def test_a_host_is_left_open_where_the_stacks_own_is_not_known_yet():
    ours = Resource("McpServer", "server", {"url": UNKNOWN})
    foreign = client(redirectUris=["https://app.example.org/cb"])
    report = asked("client-foreign-redirect", foreign, ours)
    assert (len(report.findings), len(report.inconclusive)) == (0, 1)
    known = client(redirectUris=["https://claude.ai/cb"])
    assert not asked("client-foreign-redirect", known, ours).inconclusive


def policy(**properties):
    return resource("ClientPolicy", **{"name": "p", "profiles": ["strict"], "anyClient": True, **properties})


def profile(**properties):
    return resource("ClientProfile", **{"name": "strict", "pkce": {}, **properties})


@pytest.mark.parametrize(
    "around",
    [
        [policy(), profile()],
        [policy(), profile(pkce=None, executors=[{"executor": "pkce-enforcer", "configuration": {}}])],
        [policy(profiles=["oauth-2-1-for-public-client"])],
        [policy(anyClient=False, clientAccessType={"type": ["public"]}), profile()],
        [policy(enabled=False), policy(), profile()],
    ],
)
def test_a_client_policy_may_ask_for_pkce_in_the_place_of_the_client(around):
    assert not paths(asked("client-pkce", client(requirePkce=False), *around))


@pytest.mark.parametrize(
    "around",
    [
        [],
        [policy()],
        [profile()],
        [policy(enabled=False), profile()],
        [policy(anyClient=False), profile()],
        [policy(clientScopes={"scopes": ["mcp:tools"]}), profile()],
        [policy(anyClient=False, clientAccessType={"type": ["confidential"]}), profile()],
        [policy(anyClient=False, clientAccessType={"type": ["public"], "isNegativeLogic": True}), profile()],
        [policy(profiles=["fapi-1-advanced"])],
        [policy(), profile(realm="other")],
        [policy(realm="other"), profile(realm="other")],
        [policy(), profile(pkce=None)],
    ],
)
def test_a_policy_that_does_not_reach_the_client_asks_nothing_of_it(around):
    assert paths(asked("client-pkce", client(requirePkce=False), *around)) == ["requirePkce"]


def test_pkce_is_left_open_where_the_realm_may_have_policies_that_are_not_declared():
    report = asked("client-pkce", client(requirePkce=False), complete=False)
    assert (len(report.findings), len(report.inconclusive)) == (0, 1)
    assert not asked("client-pkce", client(standardFlow=False, requirePkce=False)).findings


def test_a_client_is_a_servers_by_the_mapper_or_by_the_server_itself():
    mapper = resource("AudienceMapper", name="aud", scope="mcp:tools", includedClientAudience="app")
    server = Resource("McpServer", "server", {"introspectionClientId": "app"})
    for rule, flow in (
        ("introspection-client-logs-users-in", "standardFlow"),
        ("introspection-client-gets-tokens", "serviceAccounts"),
    ):
        looked_at = resource("Client", clientId="app", access="confidential", **{flow: True})
        assert paths(asked(rule, looked_at, mapper)) == [flow]
        assert paths(asked(rule, looked_at, server)) == [flow]
        assert not paths(asked(rule, looked_at))
        elsewhere = replace(mapper, properties={**mapper.properties, "realm": "other"})
        assert not paths(asked(rule, looked_at, elsewhere))
        unseen = Resource("McpServer", "server", {"introspectionClientId": UNKNOWN})
        report = asked(rule, looked_at, unseen)
        assert (len(report.findings), len(report.inconclusive)) == (0, 1)


def test_a_mapper_that_names_a_text_names_no_client_in_an_adopted_realm_either():
    text = {"name": "aud", "scope": "mcp:tools", "includedCustomAudience": "https://mcp.example.org/mcp"}
    looked_at = client()
    rule = "introspection-client-logs-users-in"
    for properties, inconclusive in ((text, 0), ({**text, "includedCustomAudience": None}, 1)):
        mapper = replace(resource("AudienceMapper", **properties), whole=False)
        assert len(asked(rule, looked_at, mapper, complete=False).inconclusive) == inconclusive
    naming = resource(
        "AudienceMapper", **text | {"includedCustomAudience": None, "includedClientAudience": "app"}
    )
    hidden = replace(resource("AudienceMapper", name="other", scope="mcp:tools"), whole=False)
    assert paths(asked(rule, looked_at, hidden, naming, complete=False)) == ["standardFlow"]


@pytest.mark.parametrize(
    ("owner", "role", "found"),
    [
        ("realm-management", "realm-admin", True),
        ("realm-management", "manage-clients", True),
        ("realm-management", "impersonation", True),
        ("mcp-realm", "manage-users", True),
        ("", "admin", True),
        ("", "create-realm", True),
        ("realm-management", "view-clients", False),
        ("reports", "manage-everything", False),
        ("", "reader", False),
    ],
)
def test_a_role_that_administers_is_told_from_one_that_does_not(owner, role, found):
    mapping = resource("ServiceAccountRole", client="job", owner=owner, role=role)
    assert bool(paths(asked("service-account-administers", mapping))) is found
    ours = {"roles": ["*/reader"], "administrators": ["job"]}
    assert not paths(asked("service-account-administers", mapping, **ours))


def test_the_provisioner_may_administer():
    mapping = resource(
        "ServiceAccountRole", client="provision", owner="realm-management", role="manage-clients"
    )
    assert not paths(asked("service-account-administers", mapping))


@pytest.mark.parametrize(
    ("secret", "weak"),
    [
        ("secret", True),
        ("correct-horse-battery", True),
        ("app-client-secret-0000000000", True),
        ("changeme-changeme-changeme", True),
        ("APP_SECRET_APP_SECRET_APP", True),
        ("abcabcabcabcabcabcabcabcabc", True),
        ("3q2-7wPzYk8mVtR1xUoN5bLh", False),
        ("6f1ed002ab5595859014ebf0951522d9", False),
        ("test-mcp-demo-3q2-7wPzYk8mVtR1", False),
        ("3q27wPzYk8mVtR1xUoN5bL", False),
        ("3q27wPzYk8mVtR1xUoN5b", True),
        ("secret-secret-3q27wPzYk8m", False),
        ("secret-secret-3q27wPzYk8", True),
        ("3q27wPzY3q27wPzY3q27wPzY", False),
        ("3q27wPz3q27wPz3q27wPz3q27wPz", True),
    ],
)
def test_a_secret_that_can_be_guessed_is_found_and_never_shown(secret, weak):
    report = asked("client-secret-weak", client(access="confidential", secret=secret))
    assert bool(report.findings) is weak
    assert [finding.actual for finding in report.findings] == ["[secret]"] * weak
    assert not any(secret in finding.message for finding in report.findings if secret != "secret")


def test_a_secret_of_keycloaks_own_or_none_is_no_finding_and_a_hidden_one_is_left_open():
    for rule in ("client-secret-weak", "client-secret-shared"):
        assert not asked(rule, client(access="confidential")).findings
        assert not asked(rule, client(access="public")).inconclusive
        hidden = asked(rule, client(access="confidential", secret=MASKED))
        assert (len(hidden.findings), len(hidden.inconclusive)) == (0, 1)


def test_one_secret_of_two_clients_is_told_once_without_the_secret():
    shared = "3q2-7wPzYk8mVtR1xUoN5bLh"
    one, two, three = (
        client(clientId=name, access="confidential", secret=secret)
        for name, secret in (("a", shared), ("b", shared), ("c", "another"))
    )
    report = asked("client-secret-shared", one, two, three, client(clientId="public"))
    (finding,) = report.findings
    assert "the same secret as a" in finding.message
    assert shared not in str(finding.as_json())
    assert finding.actual == "[secret]"


def test_every_secret_that_stands_in_clear_is_named_with_the_command_that_mends_it():
    keys = ["adminClientSecret", "servers[0].introspectionClientSecret"]
    stack = Resource("Stack", "stack", {"profile": "prod", "plainSecrets": keys})
    report = asked("secret-in-clear", stack, profile="prod")
    assert [finding.fix for finding in report.mandatory] == [
        f"provision secret set {quote(key)} -s STACK" for key in keys
    ]
    assert not asked(
        "secret-in-clear", Resource("Stack", "stack", {}, defaults={"plainSecrets": []})
    ).inconclusive


SECRET = "3q2-7wPzYk8mVtR1xUoN5bLh"


def in_clear(type_="kubernetes:batch/v1:Job", **inputs):
    """What the rule says of a resource that a program declares."""
    found = program.snapshot([ResourceInput(type_, "the resource", inputs)], "prod")
    return evaluate(found, RulesConfig(), only=[checks.rule("secret-in-clear")])


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"config": {"clientSecret": SECRET}}, "config.clientSecret"),
        ({"env": [{"name": "A", "value": "b"}, {"name": "API_KEY", "value": SECRET}]}, "env[1].value"),
        ({"envs": ["A=b", f"DB_PASSWORD={SECRET}"]}, "envs[1]"),
        ({"spec": {"env": {"url": f"postgres://keycloak:{SECRET}@db/x"}}}, "spec.env.url"),
        ({"config": {"bindCredential": [SECRET]}}, "config.bindCredential[0]"),
        ({"data": {"app.json": json.dumps({"a": {"token": SECRET}})}}, 'data["app.json"].a.token'),
        ({"adminPassword": SECRET}, "adminPassword"),
    ],
)
def test_a_secret_is_found_in_whatever_map_or_list_it_stands_and_is_not_shown(inputs, path):
    report = in_clear(**inputs)
    (finding,) = report.findings
    assert finding.path == path
    assert finding.actual == "[secret]"
    assert SECRET not in json.dumps(finding.as_json())


@pytest.mark.parametrize(
    "inputs",
    [
        {"config": {"secretFile": SECRET, "clientSecretExpiry": "3600", "passwordPolicy": "length(12)"}},
        {"config": {"token": "true", "password": "", "secret": "${SECRET}", "apiKey": "$(API_KEY)"}},
        {"config": {"clientSecret": MASKED, "password": "**********", "token": "{{ token }}"}},
        {"config": {"secret": "/run/secrets/one", "token": "https://login.example.org/token"}},
        {"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]},
        {"values": {"existingSecret": "the-one-of-keycloak", "imagePullSecret": "registry"}},
        {"volumes": [{"secret": {"secretName": "db"}}], "url": UNKNOWN, "config": {"other": UNKNOWN}},
        {"envs": ["DATABASE=postgres://keycloak:${DB_PASSWORD}@db/x", "TOKEN=", "A=password"]},
    ],
)
def test_what_only_sounds_like_a_secret_or_is_not_in_clear_is_none(inputs):
    report = in_clear(**inputs)
    assert (report.findings, report.inconclusive) == ((), ())


def test_what_our_provider_or_kubernetes_encrypts_and_what_containers_are_asked_for_is_not_told_again():
    assert not in_clear("provision:keycloak:Client", realm="mcp", clientId="a", secret=SECRET).findings
    assert not in_clear("kubernetes:core/v1:Secret", stringData={"password": SECRET}).findings
    pod = {"containers": [{"name": "a", "env": [{"name": "API_KEY", "value": SECRET}]}]}
    spec = {"spec": {"template": {"spec": pod}}}
    assert not in_clear("kubernetes:apps/v1:Deployment", **spec).findings
    assert in_clear("kubernetes:apps/v1:DaemonSet", **spec).findings


def test_a_map_of_a_keycloak_object_is_looked_into():
    mapper = {"realm": "mcp", "identityProvider": "corp", "name": "m"}
    deed = {"type": "x", "config": {"client.secret": SECRET}}
    (finding,) = in_clear("provision:keycloak:IdentityProviderMapper", **mapper, mapper=deed).findings
    assert finding.path == 'mapper.config["client.secret"]'


def test_a_secret_that_is_not_known_yet_may_be_one_in_clear_and_an_allowed_path_is_let_pass():
    unknown = in_clear(config={"clientSecret": UNKNOWN, "password": SECRET})
    assert [finding.path for finding in unknown.findings] == ["config.password"]
    assert [item.path for item in unknown.inconclusive] == ["config.clientSecret"]
    resource = ResourceInput("a:b:C", "one", {"config": {"token": SECRET}})
    config = RulesConfig(parameters={"secret-in-clear": {"allowed": ["config.token"]}})
    found = program.snapshot([resource], "prod")
    assert not evaluate(found, config, only=[checks.rule("secret-in-clear")]).findings


@pytest.mark.parametrize(
    ("origins", "found"),
    [(["*"], ["webOrigins"]), (["/*"], []), (["https://*.example.org"], []), (["+"], [])],
)
def test_only_a_lone_star_is_every_web_origin(origins, found):
    """Keycloak refuses a request from `https://any.example.org` in all other cases (tried with 26.7)."""
    assert paths(asked("client-any-web-origin", client(webOrigins=origins))) == found


@pytest.mark.parametrize("grant", ["standardFlow", "deviceGrant", "serviceAccounts"])
def test_a_client_with_grants_is_taken_to_introspect_only_where_a_server_is_set_up_with_it(grant):
    one = resource("Client", clientId="app", access="confidential", **{grant: True})
    scope = {"scope": "mcp:tools", "name": "a", "includedCustomAudience": "https://mcp.example.org/mcp"}
    mapper = resource("AudienceMapper", **scope)
    server = Resource(
        "McpServer",
        "server",
        {"verifier": "introspection", "introspectionClientId": "app", "scopes": ["mcp:tools"]},
    )
    assert not asked("introspection-client-audience", one, mapper).findings
    assert paths(asked("introspection-client-audience", one, mapper, server)) == ["introspectionClientId"]


@pytest.mark.parametrize("grant", ["tokenExchange", "serviceAccounts", "cibaGrant", "jwtGrant"])
def test_a_public_client_has_no_grant_that_only_an_audit_sees(grant):
    """A program can't declare these of a public client, and somebody else can."""
    client = resource("Client", clientId="app", access="public", **{grant: True})
    (found,) = asked("public-client-grants", client).findings
    assert found.path == grant
    confidential = resource("Client", clientId="app", access="confidential", **{grant: True})
    assert asked("public-client-grants", confidential).findings == ()
