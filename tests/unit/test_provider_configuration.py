"""The provider's own configuration: declared once, checked and read as the engine gives it."""

import pytest

from provision import resources
from provision._lib.errors import ProvisionError, UsageError
from provision.core.configuration import Configuration
from provision.core.handler import Context
from provision.core.registry import configuration, kind
from provision.keycloak.connection import Connection
from provision.keycloak.handler import KeycloakAccess
from provision.provider.configuration import check, read
from provision.provider.schema import schema
from provision.provider.wire import UNKNOWN, Hidden

WHOLE = {"url": "http://h", "clientId": "a", "clientSecret": "s3cret"}


def test_the_configuration_is_found_by_looking():
    assert configuration() is Connection
    assert issubclass(Connection, Configuration)


def test_it_needs_no_ca_bundle_but_all_the_rest():
    assert check(Connection, WHOLE)[1] == []
    assert check(Connection, {**WHOLE, "caFile": "x"})[0]["caFile"] == "x"
    assert check(Connection, {"caFile": "x"})[1] == [
        "url, clientId, clientSecret: must be given with the other settings of the connection"
    ]


def test_a_provider_without_any_of_it_is_right():
    assert check(Connection, {"version": "1", "profile": "dev"}) == ({}, [])
    assert read(Connection, {"version": "1"}) is None


def test_the_inputs_are_kept_as_they_were_given_and_the_secret_is_sealed():
    given = {**WHOLE, "url": "http://h/", "features": "a,b", "authRealm": ""}
    inputs, failures = check(Connection, {**given, "another": "x"})
    assert failures == []
    assert inputs == {**given, "clientSecret": Hidden("s3cret")}


def test_an_unknown_value_is_neither_missing_nor_wrong():
    assert check(Connection, {**WHOLE, "url": UNKNOWN}) == (
        {**WHOLE, "url": UNKNOWN, "clientSecret": Hidden("s3cret")},
        [],
    )


def test_a_secret_that_is_not_known_yet_is_not_wrong():
    given = {**WHOLE, "clientSecret": Hidden(UNKNOWN)}
    assert check(Connection, given) == (given, [])


@pytest.mark.parametrize("url", ["ftp://h", "h:8080", "http://", "http://h?a=s3cret"])
def test_a_wrong_address_is_refused_and_not_repeated(url):
    (failure,) = check(Connection, {**WHOLE, "url": url})[1]
    assert failure.startswith("url: ")
    assert "s3cret" not in failure
    with pytest.raises(UsageError, match="url: ") as refused:
        read(Connection, {**WHOLE, "url": url})
    assert "s3cret" not in str(refused.value)


def test_what_an_older_version_stored_is_read():
    stored = {**WHOLE, "url": "http://h/auth/", "caFile": "", "authRealm": "", "features": "cimd,dpop"}
    connection = read(Connection, stored)
    assert connection == Connection(
        url="http://h/auth", client_id="a", client_secret="s3cret", features="cimd,dpop"
    )
    assert connection.auth_realm == "master"
    assert connection.place() == "http://h/auth"
    assert connection.connect().features == ["cimd", "dpop"]
    assert read(Connection, WHOLE).connect().features == []
    by_name = {"ca_file": "", "auth_realm": "", "url": "http://h/auth", "client_id": "a"}
    assert Connection(client_secret="s3cret", features="cimd,dpop", **by_name) == connection


def test_the_schema_and_the_class_say_what_the_declaration_says():
    properties = schema("1.0.0")["provider"]["inputProperties"]
    assert properties.keys() == {"url", "clientId", "clientSecret", "caFile", "authRealm", "features"}
    assert {entry["type"] for entry in properties.values()} == {"string"}
    assert [name for name, entry in properties.items() if entry.get("secret")] == ["clientSecret"]
    assert [name for name, entry in properties.items() if not entry["description"]] == []
    with pytest.raises(TypeError, match=r"'client'; it has auth_realm, ca_file, client_id"):
        resources.Provider("p", client="x")
    with pytest.raises(TypeError, match=r"Provider needs url, client_secret$"):
        resources.Provider("p", client_id="x")


def test_an_object_of_keycloak_says_when_the_provider_was_given_none():
    handler = kind("provision:keycloak:ClientScope")(Context(log=print))
    assert list(handler.features) == []
    with pytest.raises(ProvisionError, match=r"needs a Keycloak.*\n.*url, clientId and clientSecret"):
        handler.find(handler.key(realm="r", name="n"))


def test_the_session_is_opened_once_and_not_before_it_is_needed():
    opened = []
    access = KeycloakAccess(lambda: opened.append("a session") or opened[-1])
    assert opened == []
    assert [access.session, access.session] == ["a session", "a session"]
    assert opened == ["a session"]
