"""PROVISION_TRUSTED_USERS has one meaning, for owners of files and for listeners alike."""

from __future__ import annotations

import pytest

from provision._lib import loopback, ownership
from provision._lib.loopback import ForeignListenerError, trusted_users, trusting


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("", set()),
        (" , ,", set()),
        ("root", {0}),
        ("4711", {4711}),
        (" root , 4711,no-such-user ", {0, 4711}),
        ("-1", set()),
        ("+5", set()),
        ("1e3", set()),
        ("\u0661", set()),  # a digit of Arabic
    ],
)
def test_users_are_named_by_name_or_number(monkeypatch, text, users):
    monkeypatch.setenv(loopback.TRUSTED_USERS, text)
    assert set(trusted_users()) == users


def test_a_number_counts_for_files_and_for_listeners(monkeypatch):
    with pytest.raises(ForeignListenerError, match="4711"):
        loopback._refuse_foreign(4711, 8080)
    monkeypatch.setenv(loopback.TRUSTED_USERS, "4711")
    assert 4711 in ownership._own()
    loopback._refuse_foreign(4711, 8080)


def test_what_to_set_keeps_the_users_that_are_trusted_already(monkeypatch):
    monkeypatch.delenv(loopback.TRUSTED_USERS, raising=False)
    assert trusting(4711) == "PROVISION_TRUSTED_USERS=4711"
    monkeypatch.setenv(loopback.TRUSTED_USERS, "keycloak,4711")
    assert trusting(0) == "PROVISION_TRUSTED_USERS=keycloak,4711,root"
