"""Which of the clients that registered themselves may go, and how they are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from provision.cli.clients import _host, _print_table
from provision.cli.duration import Duration, in_words
from provision.keycloak.registrations.client_activity import complete_since
from provision.keycloak.registrations.pruning import _Limits
from provision.keycloak.registrations.registered_client import RegisteredClient, Rule, Verdict

_NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
_RULE = {"older_than": timedelta(days=30), "unused_for": timedelta(days=30)}


def ago(**length):
    return _NOW - timedelta(**length)


def client(**known):
    values = {"id": "1", "client_id": "1", "name": "", "redirect_uris": ()} | known
    if "registered" in known:
        values.setdefault("registered_before", known["registered"])
    return RegisteredClient(**values)


def verdict(found, **rule):
    return Rule(**_RULE | rule).verdict(found, _NOW)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30d", timedelta(days=30)),
        ("12h", timedelta(hours=12)),
        ("90m", timedelta(minutes=90)),
        ("2w", timedelta(weeks=2)),
        ("0", timedelta()),
        ("0d", timedelta()),
        ("99999w", timedelta(weeks=99999)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text, length):
    assert Duration().convert(text, None, None) == length


@pytest.mark.parametrize(
    "text", ["", "30", "d", "-1d", "1.5d", "30 d", "30D", "30s", "1d12h", "٣d", "999999d"]
)
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(click.BadParameter, match="write 90m, 12h, 30d or 2w"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        ({"seconds": -5}, "0 minutes"),
        ({"seconds": 119}, "1 minute"),
        ({"minutes": 119}, "119 minutes"),
        ({"minutes": 120}, "2 hours"),
        ({"hours": 47, "minutes": 59}, "47 hours"),
        ({"hours": 48}, "2 days"),
        ({"days": 400}, "400 days"),
    ],
)
def test_a_length_of_time_is_one_number_and_one_unit(length, words):
    assert in_words(timedelta(**length)) == words


def test_a_client_that_is_old_and_long_unused_goes():
    assert verdict(client(registered=ago(days=31), used_before=ago(days=30))) is Verdict.GOES


@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"registered": ago(days=99), "used_before": ago(days=99), "sessions": 1}, Verdict.IN_USE),
        ({"registered": ago(days=29), "used_before": ago(days=29)}, Verdict.YOUNG),
        ({"registered": ago(days=29)}, Verdict.YOUNG),
        ({"registered": ago(days=99), "last_used": ago(days=29), "used_before": ago(days=29)}, Verdict.USED),
        ({"last_used": ago(days=29)}, Verdict.USED),
    ],
)
def test_a_client_stays_for_what_is_known_of_it_whatever_else_is_not(known, reason, unknown):
    assert verdict(client(**known), unknown=unknown) is reason


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"registered": ago(days=99)},
        {"registered": ago(days=99), "last_used": ago(days=98)},  # and maybe yesterday, without a trace
        {"registered": ago(days=99), "last_used": ago(days=98), "used_before": ago(days=3)},
        {"used_before": ago(days=99)},
        {"registered_before": ago(days=29), "used_before": ago(days=99)},
    ],
)
def test_a_client_of_unknown_age_or_use_goes_only_when_those_are_asked_for(known):
    assert verdict(client(**known)) is Verdict.UNKNOWN
    assert verdict(client(**known), unknown=True) is Verdict.GOES


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://App.example.org/callback", "app.example.org"),
        ("com.example.app:/callback", "com.example.app:"),
        ("https://a℀.example.org/", "https:"),  # Keycloak 26.7 registers such a client
    ],
)
def test_where_a_client_leads_is_shown_in_short(uri, shown):
    assert _host(uri) == shown


def test_the_earliest_trace_of_a_client_proves_its_age():
    assert verdict(client(registered_before=ago(days=31), used_before=ago(days=31))) is Verdict.GOES


def test_with_a_limit_of_zero_nothing_needs_to_be_known():
    nothing = timedelta()
    assert verdict(client(), older_than=nothing, unused_for=nothing) is Verdict.GOES
    assert verdict(client(sessions=1), older_than=nothing, unused_for=nothing) is Verdict.IN_USE


_REALM = {
    "ssoSessionMaxLifespan": 10 * 3600,
    "offlineSessionIdleTimeout": 30 * 86400,
    "offlineSessionMaxLifespan": 60 * 86400,
    "offlineSessionMaxLifespanEnabled": True,
}


@pytest.mark.parametrize(
    ("realm", "login", "offline", "latest"),
    [
        ({}, ago(days=40), False, ago(days=40) + timedelta(hours=10)),
        ({}, ago(hours=1), False, _NOW),
        (
            {"ssoSessionMaxLifespanRememberMe": 20 * 3600},
            ago(days=9),
            False,
            ago(days=9) + timedelta(hours=20),
        ),
        ({}, ago(days=40), True, _NOW),  # it may have been refreshed all the time until it was ended
        ({}, ago(days=80), True, ago(days=20)),  # ended after 60 days
        ({}, ago(days=100), True, ago(days=30)),  # or, as it has ended, it lay idle for 30 days
        ({"offlineSessionMaxLifespanEnabled": False}, ago(days=80), True, ago(days=30)),
    ],
)
def test_without_refresh_events_a_login_counts_as_used_as_long_as_it_can_have_lasted(
    realm, login, offline, latest
):
    assert _Limits.of(_REALM | realm, _NOW).over_by(login, offline=offline) == latest


def test_a_realm_that_hides_its_settings_proves_no_last_use():
    assert _Limits.of({"realm": "mcp"}, _NOW).over_by(ago(days=99), offline=True) is None


def test_events_older_than_they_are_kept_for_prove_nothing():
    assert complete_since(ago(days=40), 7 * 86400, _NOW) == ago(days=7)
    assert complete_since(ago(days=4), 7 * 86400, _NOW) == ago(days=4)
    assert complete_since(ago(days=40), None, _NOW) == ago(days=40)


def shown(capsys, *clients):
    _print_table(clients, _NOW)
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == ""
    return lines


def test_the_columns_stand_under_their_titles_whatever_a_client_calls_itself(capsys):
    head, wide, long = shown(
        capsys,
        client(name="日本語のクライアント", redirect_uris=("http://localhost:1/", "http://localhost:2/")),
        client(name="x" * 99, redirect_uris=("https://vscode.dev/r", "https://insiders.vscode.dev/r")),
    )
    at = head.index("REDIRECTS TO")
    assert long[at:].startswith("insiders.vscode.dev, vsco…  unknown")
    # Each of those characters is two columns wide.
    assert wide[at - 10 :].startswith("localhost  ")
    assert "…  insiders.vscode.dev" in long


def test_a_name_can_not_write_over_what_stands_beside_it(capsys):
    (_, row) = shown(capsys, client(name="nice\x1b[2K\r\nmcp-client\u202e"))
    assert "nice�[2K��mcp-clien" in row


@pytest.mark.parametrize(
    ("known", "age", "use"),
    [
        ({}, "unknown", "unknown"),
        ({"registered": ago(days=3), "used_before": ago(days=3)}, "3 days", "never"),
        ({"registered": ago(days=3)}, "3 days", "unknown"),
        ({"registered_before": ago(days=40), "last_used": ago(days=3)}, "≥ 40 days", "≤ 3 days ago"),
        ({"registered_before": ago(days=9), "used_before": ago(days=9)}, "≥ 9 days", "≥ 9 days ago"),
        (
            {"registered": ago(days=9), "last_used": ago(hours=3), "used_before": ago(hours=3)},
            "9 days",
            "3 hours ago",
        ),
        ({"registered": ago(days=9), "last_used": ago(hours=3), "sessions": 2}, "9 days", "3 hours ago  2"),
    ],
)
def test_age_and_last_use_say_how_far_they_are_known(capsys, known, age, use):
    (_, row) = shown(capsys, client(**known))
    assert " ".join(row.split()).startswith(" ".join(f"1 - - {age} {use}".split()))
