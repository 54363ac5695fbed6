"""The rules on tokens and sessions at their edges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.rules.helpers.durations import words
from tests.support.asked_rule import asked, resource


def realm(**properties):
    return resource("Realm", **{"name": "mcp", **properties})


def paths(report):
    return [finding.path for finding in report.findings]


@pytest.mark.parametrize(
    ("profile", "seconds", "found"),
    [("dev", 900, False), ("dev", 901, True), ("test", 901, True), ("prod", 300, False), ("prod", 301, True)],
)
def test_access_tokens_last_fifteen_minutes_at_most_and_five_in_production(profile, seconds, found):
    for holder in (
        realm(accessTokenLifespan=seconds),
        resource("Client", clientId="app", accessTokenLifespan=seconds),
    ):
        assert bool(paths(asked("access-token-lifespan", holder, profile=profile))) is found


def test_a_client_without_a_lifespan_of_its_own_has_the_realms():
    assert not paths(asked("access-token-lifespan", resource("Client", clientId="app"), profile="prod"))


def test_a_lifespan_is_told_in_words_and_may_be_set():
    report = asked("access-token-lifespan", realm(accessTokenLifespan=5400.0))
    assert report.findings[0].message == "access tokens are good for 90 minutes; 15 minutes at most"
    assert not paths(asked("access-token-lifespan", realm(accessTokenLifespan=5400), maximumSeconds=5400))


def test_what_an_adopted_realm_keeps_is_left_open():
    adopted = replace(realm(revokeRefreshToken=True), whole=False)
    for rule in ("refresh-token-reuse", "session-lifespan", "offline-session-lifespan"):
        report = asked(rule, adopted, complete=False)
        assert (len(report.findings), len(report.inconclusive)) == (0, 1)


@pytest.mark.parametrize(
    "membership",
    [
        resource("RealmClientScopeAssignment", scope="offline_access", kind="optional"),
        resource("RealmClientScopeAssignment", scope="mcp:tools", kind="default"),
        resource("ClientScopeAssignment", client="app", scope="offline_access", kind="optional"),
        resource("RealmClientScopes", defaultScopes=["basic"], optionalScopes=["offline_access"]),
    ],
)
def test_offline_access_may_be_asked_for(membership):
    assert not paths(asked("offline-access-default", membership))


def test_whoever_gets_offline_access_unasked_is_named():
    everybody = asked(
        "offline-access-default", resource("RealmClientScopeAssignment", scope="offline_access")
    )
    assert everybody.findings[0].message.startswith("every new client")
    one = resource("ClientScopeAssignment", client="app", scope="offline_access")
    assert asked("offline-access-default", one).findings[0].message.startswith("app gets")


@pytest.mark.parametrize(("seconds", "found"), [(600, False), (601, True)])
def test_a_code_is_good_for_ten_minutes_at_most(seconds, found):
    assert bool(paths(asked("authorization-code-lifespan", realm(accessCodeLifespan=seconds)))) is found


@pytest.mark.parametrize(("days", "found"), [(90, False), (91, True)])
def test_offline_sessions_end_within_a_quarter(days, found):
    looked_at = realm(offlineSessionMaxLifespan=days * 86400)
    assert bool(paths(asked("offline-session-lifespan", looked_at))) is found


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"ssoSessionIdleTimeout": 28800, "ssoSessionMaxLifespan": 86400}, []),
        ({"ssoSessionIdleTimeout": 28801, "ssoSessionMaxLifespan": 86400}, ["ssoSessionIdleTimeout"]),
        ({"ssoSessionIdleTimeout": 1800, "ssoSessionMaxLifespan": 86401}, ["ssoSessionMaxLifespan"]),
        ({"ssoSessionIdleTimeoutRememberMe": 31536000}, []),
        (
            {"ssoSessionIdleTimeoutRememberMe": 31536000, "rememberMe": True},
            ["ssoSessionIdleTimeoutRememberMe"],
        ),
        ({"rememberMe": True}, []),
    ],
)
def test_a_login_ends_the_same_day_unless_the_user_is_remembered(settings, found):
    assert paths(asked("session-lifespan", realm(**settings), profile="prod")) == found


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES512", "EdDSA"])
def test_a_signature_with_a_private_key_is_good(algorithm):
    client = resource("Client", clientId="app", accessTokenSignatureAlgorithm=algorithm)
    assert not paths(asked("token-signature-algorithm", realm(defaultSignatureAlgorithm=algorithm), client))


@pytest.mark.parametrize("service_accounts", [False, True])
def test_a_refresh_token_of_no_user_needs_a_service_account(service_accounts):
    client = resource(
        "Client",
        clientId="job",
        access="confidential",
        serviceAccounts=service_accounts,
        useRefreshTokenForClientCredentials=True,
    )
    assert bool(paths(asked("service-account-refresh-token", client))) is service_accounts
    without = replace(client, properties={**client.properties, "useRefreshTokenForClientCredentials": False})
    assert not paths(asked("service-account-refresh-token", without))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (60.0, "1 minute"),
        (90, "90 seconds"),
        (7200, "2 hours"),
        (86400, "1 day"),
    ],
)
def test_a_time_is_told_in_the_largest_unit_that_is_exact(seconds, text):
    assert words(seconds) == text


def key(**properties):
    return resource("RealmKey", **{"name": "rsa", "provider": "rsa-generated", **properties})


def test_how_old_a_key_is_only_keycloak_can_tell():
    report = asked("signing-key-age", key())
    assert (len(report.findings), len(report.inconclusive)) == (0, 1)
    assert "audit it live" in report.inconclusive[0].why


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        ({"ageDays": 180}, False),
        ({"ageDays": 181}, True),
        ({"ageDays": 181, "active": False}, False),
        ({"ageDays": 181, "enabled": False}, False),
        ({"active": False}, False),
    ],
)
def test_a_key_that_signs_is_replaced_within_half_a_year_in_production(properties, found):
    report = asked("signing-key-age", key(**properties), profile="prod")
    assert bool(report.findings) is found
    assert not report.inconclusive


@pytest.mark.parametrize(("bits", "found"), [(None, False), (2048, False), (4096, False), (1024, True)])
def test_an_rsa_key_has_2048_bits(bits, found):
    assert bool(paths(asked("signing-key-size", key(keySize=bits)))) is found


_OFFLINE = resource(
    "ClientScopeAssignment", realm="mcp", client="app", scope="offline_access", kind="optional"
)
_BOUND = {"revokeRefreshToken": True, "refreshTokenMaxReuse": 0, "offlineSessionMaxLifespanEnabled": True}


@pytest.mark.parametrize(
    ("client", "settings", "said"),
    [
        ({"consentRequired": True}, {}, []),
        ({"consentRequired": False}, {}, ["lets app, which has no secret, have offline access"]),
        ({"consentRequired": True}, {"revokeRefreshToken": False}, ["refresh tokens that may be used again"]),
        ({"consentRequired": True}, {"refreshTokenMaxReuse": 1}, ["refresh tokens that may be used again"]),
        (
            {"consentRequired": True},
            {"offlineSessionMaxLifespanEnabled": False},
            ["offline access without an end"],
        ),
        ({"access": "confidential"}, {"revokeRefreshToken": False}, []),
    ],
)
def test_a_public_client_may_ask_for_offline_access_that_is_agreed_to_rotates_and_ends(
    client, settings, said
):
    around = (
        resource("Client", **{"realm": "mcp", "clientId": "app", "access": "public", **client}),
        realm(**{**_BOUND, **settings}),
    )
    found = [item.message for item in asked("offline-access-public", _OFFLINE, *around).findings]
    assert len(found) == len(said)
    assert all(part in message for part, message in zip(said, found, strict=True))
