"""The rules on the realm at their edges."""

from __future__ import annotations

import pytest

from provision.rules.model import UNKNOWN
from tests.support.asked_rule import asked, resource


def realm(**properties):
    return resource("Realm", **{"name": "mcp", **properties})


def paths(report):
    return [finding.path for finding in report.findings]


@pytest.mark.parametrize(
    ("profile", "mode", "found"),
    [
        ("dev", "none", True),
        ("dev", "external", False),
        ("dev", "all", False),
        ("prod", "external", True),
        ("prod", "all", False),
    ],
)
def test_production_asks_every_address_for_https(profile, mode, found):
    report = asked("realm-ssl-required", realm(sslRequired=mode), profile=profile)
    assert bool(report.findings) is found
    assert len(report.mandatory) == len(report.findings)
    who = {"none": "everybody", "external": "private addresses"}.get(mode)
    assert all(who in finding.message for finding in report.findings)


@pytest.mark.parametrize("rule", ["realm-login-events", "realm-admin-events"])
def test_events_are_advised_in_development_and_demanded_in_production(rule):
    assert [finding.level for finding in asked(rule, realm()).findings] == ["advisory"]
    assert [finding.level for finding in asked(rule, realm(), profile="prod").findings] == ["mandatory"]
    on = realm(eventsEnabled=True, adminEventsEnabled=True)
    assert not asked(rule, on, profile="prod").findings


def test_a_record_without_failed_logins_is_none():
    chosen = realm(eventsEnabled=True, enabledEventTypes=["LOGIN", "CODE_TO_TOKEN_ERROR"])
    report = asked("realm-login-events", chosen)
    assert report.findings[0].message == "keeps no LOGIN_ERROR, REFRESH_TOKEN_ERROR"
    assert not asked("realm-login-events", chosen, types=["LOGIN"]).findings


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"xFrameOptions": "DENY"},
        {"contentSecurityPolicy": ""},
        {"contentSecurityPolicy": "frame-src 'self'; FRAME-ANCESTORS 'none'; object-src 'none'"},
        {"strictTransportSecurity": "max-age=63072000"},
        {"xRobotsTag": "off"},
    ],
)
def test_headers_that_protect_no_less_may_be_set(headers):
    assert not paths(asked("realm-security-headers", realm(browserSecurityHeaders=headers)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contentSecurityPolicy", "frame-ancestors 'self' https://portal.example.org"),
        ("contentSecurityPolicy", "frame-src 'self'"),
        ("strictTransportSecurity", "max-age=0; includeSubDomains"),
        ("strictTransportSecurity", "off"),
        ("xContentTypeOptions", "off"),
        ("xFrameOptions", "ALLOW-FROM https://portal.example.org"),
    ],
)
def test_a_header_that_protects_less_is_found_by_its_name(name, value):
    report = asked("realm-security-headers", realm(browserSecurityHeaders={name: value}))
    assert paths(report) == [f"browserSecurityHeaders.{name}"]
    assert report.findings[0].actual == value


def test_a_page_of_ones_own_may_be_allowed_to_show_the_login():
    own = realm(
        browserSecurityHeaders={"contentSecurityPolicy": "frame-ancestors https://portal.example.org"}
    )
    allowed = ["'self'", "https://portal.example.org"]
    assert not paths(asked("realm-security-headers", own, frameAncestors=allowed))


def test_a_demo_user_is_for_development():
    demo = resource("User", username="demo", password=UNKNOWN)
    assert not asked("demo-user-in-production", demo).rules
    assert paths(asked("demo-user-in-production", demo, profile="prod")) == ["username"]
    hidden = resource("User", username="carla", password=UNKNOWN)
    (finding,) = asked("demo-user-in-production", hidden, profile="prod").findings
    assert (finding.path, finding.actual) == ("password", "[secret]")
    assert not paths(asked("demo-user-in-production", resource("User", username="carla"), profile="prod"))


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ({"realm": "master", "username": "admin"}, ["username"]),
        ({"realm": "master", "username": "admin", "enabled": False}, []),
        ({"realm": "master", "username": "carla"}, []),
        ({"realm": "mcp", "username": "admin"}, []),
        (
            {"realm": "master", "username": "carla", "attributes": {"is_temporary_admin": ["true"]}},
            ["attributes.is_temporary_admin"],
        ),
        ({"realm": "master", "username": "carla", "attributes": {"is_temporary_admin": ["false"]}}, []),
    ],
)
def test_the_first_administrator_is_found_by_its_mark_or_its_name(user, found):
    assert paths(asked("temporary-administrator", resource("User", **user), profile="prod")) == found


@pytest.mark.parametrize(
    ("client", "found"),
    [
        ({"realm": "master", "clientId": "temp-admin"}, ["clientId"]),
        ({"realm": "master", "clientId": "ops", "temporaryAdministrator": True}, ["temporaryAdministrator"]),
        ({"realm": "master", "clientId": "ops"}, []),
        ({"realm": "mcp", "clientId": "admin"}, []),
    ],
)
def test_the_first_administrator_may_be_a_service_account(client, found):
    assert paths(asked("temporary-administrator", resource("Client", **client), profile="prod")) == found


@pytest.mark.parametrize(
    ("policy", "found"),
    [("DISABLED", False), ("ADMIN_VIEW", False), ("ADMIN_EDIT", False), ("ENABLED", True)],
)
def test_users_write_no_attributes_that_the_profile_does_not_list(policy, found):
    profile = resource("UserProfile", unmanagedAttributePolicy=policy)
    assert bool(paths(asked("user-attributes-open", profile))) is found


def test_failed_logins_lock_out_before_a_hundred_of_them():
    assert not paths(asked("realm-brute-force", realm(failureFactor=100)))
    assert paths(asked("realm-brute-force", realm(failureFactor=101))) == ["failureFactor"]


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("", True),
        ("notUsername(undefined)", True),
        ("length(8)", True),
        ("length", True),
        ("maxLength(64)", True),
        ("length(12)", False),
        ("notUsername(undefined) and length(16) and maxLength(64)", False),
    ],
)
def test_passwords_have_twelve_characters_in_production(policy, found):
    looked_at = realm(passwordPolicy=policy)
    assert bool(paths(asked("realm-password-policy", looked_at, profile="prod"))) is found
    assert not asked("realm-password-policy", looked_at).rules
    assert not paths(
        asked("realm-password-policy", realm(passwordPolicy="length(8)"), profile="prod", minimumLength=8)
    )
