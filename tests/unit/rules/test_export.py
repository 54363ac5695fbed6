"""Exports: what is read, what is not said, and files that are none."""

from __future__ import annotations

import json

import pytest

from provision._lib.errors import UsageError
from provision.config.rules import RulesConfig
from provision.rules.checks import rule
from provision.rules.evaluation import evaluate
from provision.rules.model import MASKED, Inconclusive
from provision.rules.sources import export
from tests.support.realm_export import CLIENT, REALM, SECRET


@pytest.fixture
def read(tmp_path):
    def read(document):
        file = tmp_path / "realm.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        return export.snapshot(file, "prod")

    return read


def one(snapshot, kind, **equal):
    (found,) = (
        resource
        for resource in snapshot.of_kind(kind)
        if all(resource.get(name) == value for name, value in equal.items())
    )
    return found


def test_objects_have_the_terms_of_the_specs(read):
    seen = read(REALM)
    client = one(seen, "Client", clientId="app")
    assert client.name == "client app in realm shop"
    assert client.get("access") == "confidential"
    assert client.get("redirectUris") == ["https://app.example.org/callback"]
    assert one(seen, "AudienceMapper").get("includedCustomAudience") == "https://mcp.example.org/mcp"
    assert one(seen, "TrustedHostsPolicy").get("trustedHosts") == ["localhost"]
    assert one(seen, "RealmRole", name="writer").get("clientComposites") == {"app": ["write"]}
    assert one(seen, "Group", path="/staff/night").get("realmRoles") == ["writer"]
    assert one(seen, "User").get("groups") == ["/staff/night"]
    assert one(seen, "ServiceAccountRole").get("role") == "realm-admin"
    assert one(seen, "KeycloakServer").get("version") == "26.4.0"


def test_rules_are_about_what_people_made(read):
    report = evaluate(read(REALM), RulesConfig())
    broken = {item.resource for item in report.findings if item.rule.id == "client-password-grant"}
    assert broken == {"client app in realm shop"}


def test_a_secret_is_never_kept(read):
    seen = read(REALM)
    assert SECRET not in repr(seen)
    assert one(seen, "Client", clientId="app").properties["secret"] is MASKED


def test_a_switch_that_is_not_said_is_neither_on_nor_off(read):
    silent = {key: value for key, value in CLIENT.items() if key != "directAccessGrantsEnabled"}
    seen = read({**REALM, "clients": [silent]})
    with pytest.raises(Inconclusive, match="it is not told"):
        one(seen, "Client").get("directAccessGrants")
    with pytest.raises(Inconclusive, match="it is not told"):
        one(seen, "Realm").get("sslRequired")
    report = evaluate(seen, RulesConfig())
    assert "client-password-grant" in {item.rule.id for item in report.inconclusive}


@pytest.mark.parametrize("value", ["true", "false"])
def test_introspection_follows_the_access_token_where_an_export_does_not_say_it(read, value):
    config = {"included.custom.audience": "https://mcp.example.org", "access.token.claim": value}
    mapper = {"name": "audience", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper"}
    scope = {"name": "mcp", "protocol": "openid-connect", "protocolMappers": [mapper | {"config": config}]}
    seen = one(read({**REALM, "clientScopes": [scope]}), "AudienceMapper", scope="mcp")
    assert seen.get("addToAccessToken") is seen.get("addToIntrospection") is (value == "true")


@pytest.mark.parametrize(
    ("key", "kind", "why"),
    [
        ("clients", "Client", "the export has no clients"),
        ("clientScopes", "ClientScope", "the export has no clientScopes"),
        ("components", "TrustedHostsPolicy", "the export has no components"),
        ("components", "UserProfile", "the export has no components"),
        ("groups", "Group", "the export has no groups"),
        ("roles", "RealmRole", "the export has no roles"),
        ("users", "User", "the export has no people"),
        ("users", "ServiceAccountRole", "the export has not the users of all service accounts"),
    ],
)
def test_of_a_part_that_is_lacking_nothing_is_known(read, key, kind, why):
    seen = read({name: value for name, value in REALM.items() if name != key})
    assert seen.unseen[kind] == why
    assert seen.of_kind(kind) == ()


def test_a_partial_export_without_people_does_not_say_that_there_are_none(read):
    accounts = [user for user in REALM["users"] if "serviceAccountClientId" in user]
    assert read({**REALM, "users": accounts}).unseen["User"] == "the export has no people"


def test_an_object_that_can_not_be_understood_is_undecided_and_the_others_are_read(read):
    strange = {**CLIENT, "clientId": "strange", "attributes": "none"}
    seen = read({**REALM, "clients": [*REALM["clients"], strange]})
    with pytest.raises(Inconclusive, match="it is no object"):
        one(seen, "Client", clientId="strange").get("requirePkce")
    assert one(seen, "Client", clientId="app").get("directAccessGrants")


def test_components_may_have_no_name(read):
    """Keycloak writes some without: policies of old realms, keys that were brought along."""
    components = {
        name: [{key: value for key, value in item.items() if key != "name"} for item in items]
        for name, items in REALM["components"].items()
    }
    key = {"providerId": "rsa-generated", "config": {"priority": ["100"]}}
    seen = read({**REALM, "components": {**components, "org.keycloak.keys.KeyProvider": [key]}})
    assert one(seen, "TrustedHostsPolicy").get("trustedHosts") == ["localhost"]
    assert one(seen, "RealmKey").get("name") == ""


def test_null_is_as_good_as_nothing(read):
    nulls = dict.fromkeys(("defaultClientScopes", "optionalClientScopes", "attributes", "redirectUris"))
    seen = read({**REALM, "clients": [{**CLIENT, **nulls}]})
    assert one(seen, "Client", clientId="app").get("redirectUris") == []


@pytest.mark.filterwarnings("error")
def test_a_value_of_another_type_is_taken_as_it_is_without_a_warning(read):
    assert one(read({**REALM, "browserSecurityHeaders": {"xFrameOptions": 3}}), "Realm").get("name") == "shop"


def test_the_file_of_all_realms_is_read_when_there_is_one(read):
    assert one(read([REALM]), "Realm").get("name") == "shop"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not JSON"),
        ('{"realm": ', r"\(line 1\) is not JSON"),
        ("[]", "is no export of a realm"),
        ("3", "is no export of a realm"),
        ('{"resource": "app", "realm": "shop"}', "is no export of a realm"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps([REALM, REALM]), "holds 2 realms"),
        (json.dumps({**REALM, "clients": {}}), "clients: must be a list"),
        (json.dumps({**REALM, "clients": [{"name": "x"}]}), r"clients\[0\].clientId: must be given"),
        (json.dumps({**REALM, "realm": 3}), "realm: must be text"),
        (json.dumps({**REALM, "components": {"x": [{}]}}), r"components.x\[0\].providerId: must be given"),
        (
            json.dumps({**REALM, "clients": [{**CLIENT, "protocolMappers": [{"name": "m"}]}]}),
            r"clients\[0\].protocolMappers\[0\].protocolMapper: must be given",
        ),
    ],
    ids=range(12),
)
def test_what_is_no_export_is_refused_in_one_line(read, content, words):
    with pytest.raises(UsageError, match=words) as caught:
        read(content)
    assert "\n" not in caught.value.what
    assert caught.value.do
    assert SECRET not in str(caught.value)


def test_a_file_that_can_not_be_read_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.json can't be read: No such file"):
        export.snapshot(tmp_path / "none.json", "prod")
    (tmp_path / "latin.json").write_bytes(b'{"realm": "\xe4"}')
    with pytest.raises(UsageError, match="is not a text file in UTF-8"):
        export.snapshot(tmp_path / "latin.json", "prod")


def test_the_client_that_keycloak_was_started_with_is_known_by_its_mark(tmp_path):
    marked = {**CLIENT, "clientId": "first", "enabled": True, "attributes": {"is_temporary_admin": "true"}}
    file = tmp_path / "export.json"
    file.write_text(json.dumps({**REALM, "realm": "master", "clients": [CLIENT, marked]}))
    report = evaluate(export.snapshot(file, "prod"), RulesConfig())
    found = {item.resource for item in report.findings if item.rule.id == "temporary-administrator"}
    assert found == {"client first in realm master"}


def administered(read, **changed):
    """What an export says of who inherits administrative roles, or has them by default."""
    document = {
        **REALM,
        "clients": [CLIENT, {"clientId": "realm-management", "bearerOnly": True}],
        "defaultRole": {"name": "default-roles-before-it-was-renamed"},
        "defaultGroups": ["/staff/new"],
        "roles": {
            "realm": [
                {"name": "default-roles-before-it-was-renamed", "composites": {"realm": ["member"]}},
                {"name": "member", "composites": {"client": {"app": ["write"]}}},
            ],
            "client": {
                "app": [{"name": "write", "composites": {"client": {"realm-management": ["manage-users"]}}}]
            },
        },
        "groups": [
            {"name": "staff", "clientRoles": {"app": ["write"]}, "subGroups": [{"name": "new"}]},
            {"name": "other"},
        ],
        "users": [
            {"username": "service-account-app", "serviceAccountClientId": "app", "groups": ["/staff/new"]}
        ],
        **changed,
    }
    rules = [rule(name) for name in ("everyone-administers", "service-account-inherits-administration")]
    report = evaluate(read(document), RulesConfig(), only=rules)
    return {(finding.resource, finding.message) for finding in report.findings}, report.inconclusive


def test_who_administers_by_way_of_other_roles_and_of_groups_is_told_of_an_export(read):
    found, inconclusive = administered(read)
    way = "realm-management/manage-users, by way of"
    assert found == {
        (
            "realm role default-roles-before-it-was-renamed in realm shop",
            f"gives everybody {way} member, app/write",
        ),
        ("group /staff/new in realm shop", f"gives everybody {way} app/write"),
        (
            "group /staff/new in realm shop",
            f"lets the service account of app administer: {way} app/write",
        ),
    }
    assert inconclusive == ()


def test_of_an_export_without_roles_or_without_accounts_it_is_not_told(read):
    found, inconclusive = administered(read, roles=None, users=None)
    assert found == set()
    assert {item.rule.id for item in inconclusive} == {
        "everyone-administers",
        "service-account-inherits-administration",
    }


def test_of_an_export_without_roles_a_role_of_a_client_may_contain_what_it_will(read):
    account = {**REALM["users"][1], "clientRoles": {"app": ["write"]}, "groups": []}
    found, inconclusive = administered(read, roles=None, groups=[], users=[account])
    assert found == set()
    assert ("service account role app/app/write in realm shop", "ClientRole") in {
        (item.resource, item.path) for item in inconclusive
    }


def test_a_group_with_a_slash_in_its_name_is_known_by_the_path_that_an_export_tells(read):
    account = {"username": "service-account-app", "serviceAccountClientId": "app", "groups": ["/a/b"]}
    group = {"name": "a/b", "clientRoles": {"realm-management": ["manage-users"]}}
    found, _ = administered(
        read, groups=[group], users=[account], defaultGroups=["/a/b"], roles={"realm": []}
    )
    assert {resource for resource, _ in found} == {"group /a~/b in realm shop"}
    assert len(found) == 2
