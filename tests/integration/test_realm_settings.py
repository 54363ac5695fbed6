"""The mail server and the texts of a realm."""

from __future__ import annotations

import pytest

from provision.provider.wire import Hidden, plain

pytestmark = pytest.mark.shares_realm

MAIL = "provision:keycloak:MailServer"
TEXTS = "provision:keycloak:LocalizationTexts"
_SERVER = {"host": "mail.example.org", "fromAddress": "login@example.org"}
_LOGIN = {**_SERVER, "authType": "password", "user": "login"}
_IN_VAULT = "${vault.mail}"
"""A password that Keycloak shows, because it is only the name of one."""


@pytest.fixture
def mail(world):
    yield world
    world.session.put(world.realm, body={"realm": world.realm, "smtpServer": {}})


def settings(world):
    return world.session.get(world.realm)["smtpServer"]


def differing(world, kind, state, properties, inputs):
    seen = world.lifecycle(kind).read(state.id, properties, inputs)
    return [
        item.path for item in world.lifecycle(kind).diff(seen.inputs, seen.properties, inputs).differences
    ]


def test_a_password_is_masked_everywhere_but_in_keycloak(mail):
    _, state = mail.add(MAIL, {**_LOGIN, "password": "a-password-of-the-mail-server"})
    assert settings(mail)["password"] == "**********"
    assert isinstance(state.properties["password"], Hidden)
    assert "a-password" not in str(state.properties["madeWith"])
    imported = mail.lifecycle(MAIL).read(state.id, {}, {})
    assert "password" not in imported.inputs


def test_a_password_stays_when_something_else_changes_and_other_settings_of_the_realm_do_too(mail):
    mail.session.put(mail.realm, body={"realm": mail.realm, "oauth2DeviceCodeLifespan": 77})
    _, state = mail.add(MAIL, {**_LOGIN, "password": _IN_VAULT})
    there = mail.session.get(mail.realm)
    theirs = {**there["smtpServer"], "debug": "true"}
    mail.session.put(mail.realm, body={**there, "smtpServer": theirs})
    undeclared = mail.inputs(MAIL, {**_LOGIN, "password": _IN_VAULT, "host": "other.example.org"})
    without = {name: value for name, value in undeclared.items() if name != "password"}
    mail.lifecycle(MAIL).update(state.properties, without, preview=False)
    found = settings(mail)
    assert (found["host"], found["password"], found["debug"]) == ("other.example.org", _IN_VAULT, "true")
    assert mail.session.get(mail.realm)["oauth2DeviceCodeLifespan"] == 77


def test_every_type_of_authentication_changes_into_every_other(mail):
    token = {
        **_SERVER,
        "authType": "token",
        "user": "login",
        "authTokenUrl": "https://idp.example.org/token",
        "authTokenScope": "mail",
        "authTokenClientId": "keycloak",
        "authTokenClientSecret": "a-secret-of-the-client",
    }
    kinds = [_SERVER, {**_LOGIN, "password": "a-password"}, token]
    lifecycle = mail.lifecycle(MAIL)
    for before in kinds:
        for after in kinds:
            _, state = mail.add(MAIL, before)
            inputs = mail.inputs(MAIL, after)
            properties = lifecycle.update(state.properties, inputs, preview=False)
            assert differing(mail, MAIL, state, properties, inputs) == []
            found = settings(mail)
            type_ = after.get("authType", "none")
            assert found["auth"] == str(type_ != "none").lower()
            assert found.get("authType") == {"password": "basic", "token": "token"}.get(type_)
            lifecycle.delete(properties)
            assert settings(mail) == {}


@pytest.mark.parametrize(
    ("values", "wire"),
    [
        (_LOGIN, "password"),
        (
            {
                **_LOGIN,
                "authType": "token",
                "authTokenUrl": "https://i.example/t",
                "authTokenScope": "s",
                "authTokenClientId": "c",
            },
            "authTokenClientSecret",
        ),
    ],
    ids=["password", "token"],
)
def test_a_new_server_without_its_secret_is_refused_and_one_that_exists_keeps_it(mail, values, wire):
    lifecycle, declared = mail.lifecycle(MAIL), {"realm": mail.realm, **values}
    _, failures = lifecycle.check({}, declared)
    assert len(failures) == 1
    assert f"has no {wire}, and there is none" in failures[0]
    assert f"secret set objects.MailServer.{wire}" in failures[0]
    mail.add(MAIL, {**values, wire: _IN_VAULT})
    inputs = mail.inputs(MAIL, {**values, "host": "new.example.org"})
    adopted = lifecycle.create(inputs, preview=False)
    assert (settings(mail)["host"], settings(mail)[wire]) == ("new.example.org", _IN_VAULT)
    lifecycle.delete(adopted.properties)
    assert (settings(mail)["host"], settings(mail)[wire]) == (values["host"], _IN_VAULT)


def test_a_text_that_others_added_changed_or_took_away_is_drift_and_mended(world):
    told = {"doLogIn": "Anmelden", "doCancel": "Abbrechen"}
    inputs, state = world.add(TEXTS, {"locale": "de", "texts": told})
    where = (world.realm, "localization", "de")
    world.session.post(*where, body={"doLogIn": "Hier Passwort", "theirs": "x"})
    world.session.delete(*where, "doCancel")
    found = differing(world, TEXTS, state, state.properties, inputs)
    assert sorted(found) == ["texts.doCancel", "texts.doLogIn", "texts.theirs"]
    seen = world.lifecycle(TEXTS).read(state.id, state.properties, inputs)
    properties = world.lifecycle(TEXTS).update(seen.properties, inputs, preview=False)
    assert world.session.get(*where) == told
    world.lifecycle(TEXTS).delete(properties)
    assert world.session.get(world.realm, "localization") == []


def test_texts_that_were_there_before_come_back_whole(world):
    where = (world.realm, "localization", "fr")
    world.session.post(*where, body={"one": "un", "two": "deux"})
    inputs, state = world.add(TEXTS, {"locale": "fr", "texts": {"one": "1", "three": "trois"}})
    assert world.session.get(*where) == plain(inputs)["texts"]
    world.lifecycle(TEXTS).delete(state.properties)
    assert world.session.get(*where) == {"one": "un", "two": "deux"}
    world.session.delete(*where)
