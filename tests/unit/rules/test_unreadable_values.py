"""What can't be read is said as loudly as what is wrong, and hides nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from unittest import mock

import pytest

from provision.config.rules import RulesConfig, WaiverConfig
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.bases.client_policy_documents import PolicyDocumentHandler
from provision.keycloak.bases.collection import CollectionHandler
from provision.rules import Resource, checks
from provision.rules.evaluation import evaluate
from provision.rules.model import Inconclusive, _marker_in, unreadable
from provision.rules.sources import export
from provision.rules.sources.tolerant_reading import is_placeholder, understood, without_stand_ins
from tests.support.good_stacks import good
from tests.support.realm_export import CLIENT, REALM
from tests.support.rule_cases import breaks_of, stack_of
from tests.support.samples import SAMPLES

STAND_IN = "${VALUE}"
WHOLE_CLIENT = {
    **CLIENT,
    "standardFlowEnabled": True,
    "implicitFlowEnabled": True,
    "fullScopeAllowed": True,
    "redirectUris": ["https://app.example.org/*"],
    "attributes": {},
}
OF_CLIENTS = {
    "client-password-grant": "directAccessGrantsEnabled",
    "client-implicit-flow": "implicitFlowEnabled",
    "client-full-scope": "fullScopeAllowed",
    "client-wildcard-redirect": "redirectUris",
    "client-pkce": "attributes",
}
"""Rules that the client breaks, each with the key that the rule is about."""


_LISTS = ("defaultDefaultClientScopes", "defaultOptionalClientScopes")


@pytest.fixture
def audited(tmp_path):
    def audited(document, config=None):
        file = tmp_path / "realm.json"
        file.write_text(json.dumps(document))
        return evaluate(export.snapshot(file, "prod"), config or RulesConfig())

    return audited


def of_client(audited, **changed):
    """The rules that such a client breaks, and those that could not read a value of it."""
    client = {key: value for key, value in {**WHOLE_CLIENT, **changed}.items() if value != "left out"}
    document = {**REALM, "clients": [client], "clientPolicies": {"policies": []}}
    report = audited({**document, "clientProfiles": {"profiles": []}})
    broken = {item.rule.id for item in report.findings if "client app" in item.resource}
    unread = {item.rule.id for item in report.unreadable if "client app" in item.resource}
    assert report.fails
    return broken & OF_CLIENTS.keys(), unread & OF_CLIENTS.keys()


def test_the_client_of_these_tests_breaks_its_rules(audited):
    assert of_client(audited) == (OF_CLIENTS.keys(), set())


@pytest.mark.parametrize(
    "value", [STAND_IN, "$(env:GRANT:-true)", "{{ .Values.grant }}", "perhaps", 3, ["true"], None]
)
@pytest.mark.parametrize(
    "rule", ["client-password-grant", "client-implicit-flow", "client-full-scope"], ids=str
)
def test_a_switch_that_can_not_be_read_leaves_open_only_what_is_about_it(audited, rule, value):
    broken, unread = of_client(audited, **{OF_CLIENTS[rule]: value})
    assert rule in unread
    assert rule not in broken
    # Whether users are redirected to the client depends on its flows; another flow decides it here.
    assert broken == OF_CLIENTS.keys() - {rule}


def test_a_placeholder_in_a_list_hides_no_other_item(audited):
    uris = ["https://app.example.org/*", STAND_IN]
    broken, unread = of_client(audited, redirectUris=uris)
    assert "client-wildcard-redirect" in broken & unread


@pytest.mark.parametrize("uris", [STAND_IN, "https://app.example.org/*", {"a": "b"}, [3]], ids=str)
def test_what_is_no_list_of_addresses_is_no_empty_list(audited, uris):
    broken, unread = of_client(audited, redirectUris=uris)
    assert "client-wildcard-redirect" in unread
    assert broken == OF_CLIENTS.keys() - {"client-wildcard-redirect"}


@pytest.mark.parametrize("attributes", [{"pkce.code.challenge.method": STAND_IN}, "none"], ids=str)
def test_pkce_that_can_not_be_read_is_neither_asked_for_nor_not(audited, attributes):
    broken, unread = of_client(audited, attributes=attributes)
    assert "client-pkce" in unread
    assert broken == OF_CLIENTS.keys() - {"client-pkce"}


@pytest.mark.parametrize("public", ["true", True, "false", False])
def test_a_switch_of_a_client_may_be_given_as_text(audited, public):
    assert of_client(audited, publicClient=public) == (OF_CLIENTS.keys(), set())


def test_a_setting_of_the_realm_may_be_written_in_capitals(audited):
    report = audited({**REALM, "sslRequired": "NONE"})
    assert "realm-ssl-required" in {item.rule.id for item in report.findings}


@pytest.mark.parametrize("value", ["SOMETIMES", STAND_IN, "$(env:SSL:-EXTERNAL)", 3, None], ids=str)
def test_a_setting_that_can_not_be_read_hides_no_other_rule_of_the_realm(audited, value):
    whole = {**REALM, "passwordPolicy": "", "bruteForceProtected": False}
    report = audited({**whole, "sslRequired": value})
    broken = {item.rule.id for item in report.findings if item.resource == "realm shop"}
    assert {"realm-brute-force", "realm-password-policy"} <= broken
    assert {(item.rule.id, item.path) for item in report.unreadable} == {
        ("realm-ssl-required", "sslRequired")
    }


def test_a_waiver_accepts_that_a_value_can_not_be_read(audited):
    waiver = WaiverConfig(rule="realm-ssl-required", reason="filled in by the release", expires="2999-12-31")
    document = {**REALM, "sslRequired": STAND_IN}
    assert [item.rule.id for item in audited(document).unreadable] == ["realm-ssl-required"]
    report = audited(document, RulesConfig(waivers=(waiver,)))
    assert report.unreadable == ()
    assert report.unused == ()


@pytest.mark.parametrize("part", ["clients", "client of the role"])
def test_a_role_of_a_client_that_the_file_lacks_is_followed(audited, part):
    roles = {
        "realm": [{"name": "default-roles-shop", "composites": {"client": {"other": ["all"]}}}],
        "client": {
            "other": [{"name": "all", "composites": {"client": {"realm-management": ["realm-admin"]}}}]
        },
    }
    document = {**REALM, "roles": roles, "clients": [] if part == "clients" else [CLIENT]}
    found = {item.message for item in audited(document).findings if item.rule.id == "everyone-administers"}
    assert found == {"gives everybody realm-management/realm-admin, by way of other/all"}


def test_the_service_account_of_a_client_that_the_file_lacks_is_seen(audited):
    robot = {
        "username": "robot",
        "serviceAccountClientId": "bot",
        "clientRoles": {"realm-management": ["realm-admin"]},
    }
    report = audited({**REALM, "users": [*REALM["users"], robot]})
    found = {item.message for item in report.findings if item.rule.id == "service-account-administers"}
    assert "lets the service account of bot administer Keycloak" in found


@pytest.mark.parametrize("roles", ["realm-admin", {"realm-management": "realm-admin"}, 3], ids=str)
def test_roles_of_a_service_account_that_are_no_lists_are_not_none(audited, roles):
    account = {**REALM["users"][1], "clientRoles": roles}
    report = audited({**REALM, "users": [account]})
    assert "service-account-administers" in {item.rule.id for item in report.unreadable}


@pytest.mark.parametrize("yes", [True, "true", "TRUE"], ids=str)
def test_a_mapper_that_says_true_in_json_writes_the_audience(audited, yes):
    mapper = {
        "name": "audience",
        "protocolMapper": "oidc-audience-mapper",
        "config": {"included.custom.audience": "https://mcp.example.org/mcp", "access.token.claim": yes},
    }
    scope = {"name": "mcp:tools", "protocol": "openid-connect", "protocolMappers": [mapper]}
    document = {**REALM, "clientScopes": [scope], **{key: [] for key in _LISTS}}
    assert "scope-without-audience" not in {item.rule.id for item in audited(document).findings}
    document["clientScopes"] = [
        {**scope, "protocolMappers": [{**mapper, "config": {"access.token.claim": False}}]}
    ]
    assert "scope-without-audience" in {item.rule.id for item in audited(document).findings}


@pytest.mark.parametrize(
    ("credentials", "known"),
    [
        (None, False),
        ([], False),
        ([{"type": "password", "secretData": "{}", "credentialData": "{}"}], False),
        ([{"type": "password", "value": "open sesame"}], True),
    ],
)
def test_a_user_of_an_export_is_a_demo_user_by_name_or_by_a_password_in_clear(audited, credentials, known):
    user = {"username": "maria", "enabled": True, "credentials": credentials}
    report = audited({**REALM, "users": [user, {"username": "demo"}]})
    found = {item.resource for item in report.findings if item.rule.id == "demo-user-in-production"}
    assert found == {"user demo in realm shop", *(["user maria in realm shop"] if known else [])}
    assert "open sesame" not in repr(report)


def test_the_work_for_users_grows_with_their_number_and_not_faster(tmp_path):
    def looked_at(number):
        file = tmp_path / "many.json"
        users = [{"username": f"u{place}", "enabled": True} for place in range(number)]
        file.write_text(json.dumps({**REALM, "users": users}))
        looks = 0
        whole = export.RecordedApi.get

        class Counted(dict):
            def get(self, *args):
                nonlocal looks
                looks += 1
                return dict.get(self, *args)

        def counting(api, *args, **query):
            return whole(api, *args, **query)

        raw = export._User.raw
        with (
            mock.patch.object(export._User, "raw", lambda self, place: Counted(raw(self, place))),
            mock.patch.object(export.RecordedApi, "get", counting),
        ):
            assert len(export.snapshot(file, "prod").of_kind("User")) == number
        return looks

    assert looked_at(200) < 2.5 * looked_at(100)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("${VALUE}", True),
        ("https://${HOST}/callback", True),
        ("$(env:VALUE:-x)", True),
        ("{{ .Values.x }}", True),
        ("resource_access.${client_id}.roles", False),
        ("${authBaseUrl}/realms/x", False),
        ("${vault.key}", False),
        ("$5", False),
        ("{}", False),
        (3, False),
    ],
)
def test_what_keycloak_fills_in_itself_is_no_placeholder(text, yes):
    assert is_placeholder(text) is yes


def test_a_text_of_the_user_profile_is_one_that_keycloak_fills_in(audited):
    profile = {
        "attributes": [{"name": "username", "displayName": "${username}"}],
        "unmanagedAttributePolicy": "ENABLED",
    }
    component = {
        "providerId": "declarative-user-profile",
        "config": {"kc.user.profile.config": [json.dumps(profile)]},
    }
    part = {"org.keycloak.userprofile.UserProfileProvider": [component]}
    report = audited({**REALM, "components": {**REALM["components"], **part}})
    assert "user-attributes-open" in {item.rule.id for item in report.findings}
    assert report.unreadable == ()


def _readable_kinds():
    """The kinds that are read from one representation without further questions to Keycloak."""
    asks = {"ClientRole", "RealmRole", "User", "Group", "LdapMapper"}
    for token, sample in SAMPLES.items():
        handler = catalogue()[token]
        name = token.rpartition(":")[2]
        if issubclass(handler, (CollectionHandler, PolicyDocumentHandler)) and name not in asks:
            yield pytest.param(handler, sample.inputs, id=name)


def _leaves(value, path=()):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, (dict, list)) and inner:
            yield from _leaves(inner, (*path, key))
        else:
            yield (*path, key)


def _put(value, path, new):
    first, *rest = path
    items = dict(value) if isinstance(value, dict) else [*value]
    items[first] = _put(items[first], rest, new) if rest else new
    return items


@pytest.mark.parametrize(("handler", "inputs"), [*_readable_kinds()])
def test_a_placeholder_hides_exactly_what_is_read_from_it(handler, inputs):
    """Whatever value of a representation is damaged: each property is as before, or is known to be damaged."""
    calls = handler(Context(connection=None, log=print))
    inputs = {name: value for name, value in inputs.items() if name != "suppliedKeys"}
    spec = handler.spec.model_validate(
        {"realm": "mcp", **inputs} if "realm" in handler.spec.fields() else inputs
    )
    if isinstance(calls, PolicyDocumentHandler):
        raw = calls._represented(spec, {}, None)
    else:
        with mock.patch("provision.keycloak.api.server_info.require"):
            session = mock.MagicMock(**{"realm_id.return_value": "1"})
            type(calls).session = property(lambda _self: session)
            try:
                raw = calls.to_json(spec, {}, None)
            finally:
                del type(calls).session
    raw = json.loads(json.dumps(raw))

    def reads(sound):
        return handler.spec.model_construct(**calls.from_json(spec, sound)).wire(whole=True)

    def seen(document):
        return without_stand_ins(
            handler.spec, understood(handler.spec, document, reads, placeholders=True, terse=True)
        )

    before, hidden = seen(raw), set()
    for path in _leaves(raw):
        after = seen(_put(raw, path, STAND_IN))
        for name in {*before, *after}:
            if (marker := _marker_in(after.get(name))) is not None:
                assert marker.damaged
                hidden.add(name)
            elif STAND_IN not in json.dumps(after.get(name)):  # texts that people see stay
                assert after.get(name) == before.get(name), (path, name)
    keys = {field.wire for field in handler.spec.key_fields()}
    assert hidden - keys or not before.keys() - keys


CASES = [
    pytest.param(rule, changes, id=f"{rule.id}-{number}")
    for rule in checks.rules()
    for number, changes in enumerate(breaks_of(rule))
]


@pytest.mark.parametrize(("rule", "changes"), CASES)
def test_a_damaged_value_never_makes_a_rule_silent(rule, changes):
    """For each property that the rule reads: it still finds what is wrong, or says that it can't be read."""
    snapshot = good(stack_of(rule))
    for change in changes:
        snapshot = change(snapshot)
    read = set()
    peek = Resource.peek

    def noted(self, path):
        read.add((self.kind, self.name, path.partition(".")[0].partition("[")[0]))
        return peek(self, path)

    with mock.patch.object(Resource, "peek", noted):
        before = evaluate(snapshot, RulesConfig(), only=[rule])
    assert before.findings
    for kind, name, path in sorted(read):
        if path == "realm" or kind == "Resource":
            # Every object of a realm has the same one; and what a program declares is not read from a file.
            continue
        resources = tuple(
            replace(one, properties={**one.properties, path: unreadable("it is damaged", damaged=True)})
            if (one.kind, one.name) == (kind, name)
            else one
            for one in snapshot.resources
        )
        report = evaluate(replace(snapshot, resources=resources), RulesConfig(), only=[rule])
        told = {finding.message for finding in report.findings}
        loud = any(item.unreadable for item in report.inconclusive)
        assert loud or told >= {finding.message for finding in before.findings}, (kind, name, path)


def test_a_rule_says_that_a_value_is_damaged_even_if_another_one_is_only_not_known():
    client = Resource(
        "Client", "client x", {"redirectUris": [unreadable("unknown"), unreadable("bad", damaged=True)]}
    )
    with pytest.raises(Inconclusive) as caught:
        [*client.items("redirectUris")]
    assert caught.value.damaged
