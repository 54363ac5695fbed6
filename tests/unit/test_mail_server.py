"""What a mail server needs for its type of authentication is checked before anything is made."""

from __future__ import annotations

import pytest

from provision.config.objects import secret_fields
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak import realm_document
from provision.provider.lifecycle import Lifecycle
from provision.provider.wire import UNKNOWN

_SERVER = {"realm": "r", "host": "mail.example.org", "fromAddress": "a@example.org"}
_PASSWORD = {"authType": "password", "user": "u", "password": "p-1"}
_TOKEN = {
    "authType": "token",
    "user": "u",
    "authTokenUrl": "https://idp.example.org/token",
    "authTokenScope": "mail",
    "authTokenClientId": "c",
    "authTokenClientSecret": "s-1",
}


def failures(**values):
    handler = catalogue()["provision:keycloak:MailServer"]
    return Lifecycle(handler, Context(log=print)).check({}, {**_SERVER, **values})[1]


@pytest.mark.parametrize("values", [{}, _PASSWORD, _TOKEN], ids=["none", "password", "token"])
def test_each_type_of_authentication_can_be_declared(values):
    assert failures(**values) == []


@pytest.mark.parametrize(
    ("values", "failure"),
    [
        ({"authType": "password", "password": "p-1"}, "authType password needs user"),
        (
            {"authType": "token", "user": "u"},
            "authType token needs authTokenUrl",
        ),
        ({"user": "u"}, "user does not go with authType none"),
        ({"password": "p-1"}, "password does not go with authType none"),
        ({**_PASSWORD, "authTokenScope": "x"}, "authTokenScope does not go with authType password"),
        ({**_TOKEN, "password": "p-1"}, "password does not go with authType token"),
        ({**_TOKEN, "authTokenUrl": "idp.example.org"}, "authTokenUrl: must be a URL with http or https"),
        ({"fromAddress": "nobody"}, "fromAddress: must be an e-mail address"),
        ({"replyTo": "nobody"}, "replyTo: must be an e-mail address"),
        ({"port": 0}, "port: must be 1 or more"),
        ({"authType": "basic"}, "authType: must be 'none', 'password' or 'token'"),
    ],
)
def test_what_does_not_go_together_is_refused_without_a_value(values, failure):
    (found,) = failures(**values)
    assert failure in found
    assert "p-1" not in found


@pytest.mark.parametrize("name", ["authType", "user", "password", "authTokenUrl"])
def test_no_check_judges_by_a_value_that_is_not_known_yet(name):
    base = _TOKEN if name == "authTokenUrl" else _PASSWORD
    assert failures(**{**base, name: UNKNOWN}) == []


def test_both_secrets_have_sources_in_a_stack_file():
    assert set(secret_fields({"type": "MailServer"})) == {"password", "authTokenClientSecret"}


def test_a_record_of_the_realm_holds_neither_secret_even_if_it_is_not_masked():
    smtp = {"host": "h", "password": "${vault.a}", "authTokenClientSecret": "${vault.b}"}
    assert realm_document.of_export({"smtpServer": smtp})["realm"]["smtpServer"] == {"host": "h"}
