"""The service account's own secret is changed with the former one."""

from __future__ import annotations

import pytest

from provision._lib.errors import ProvisionError
from provision.keycloak import service_account
from provision.keycloak.api import session as session_module
from provision.keycloak.api.session import ForbiddenError, KeycloakError, LoginRefusedError
from provision.keycloak.connection import Connection


class _Session:
    """A stand-in for the Admin API as one service account."""

    secret = "the-present-one-1234"
    error: Exception | None = None
    clients = ({"id": "7", "clientId": "provision", "description": "kept"},)

    def __init__(self, connection):
        self._connection = connection

    def get(self, realm, *path, **query):
        assert (realm, path, query) == ("master", ("clients",), {"clientId": "provision"})
        if self._connection.client_secret != type(self).secret:
            raise LoginRefusedError("refused")
        if self.error is not None:
            raise self.error
        return self.clients

    def put(self, realm, *path, body):
        assert (realm, path) == ("master", ("clients", "7"))
        assert body["description"] == "kept"
        type(self).secret = body["secret"]


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setattr(session_module, "Session", type("Session", (_Session,), {}))
    return Connection(url="http://localhost:1", client_id="provision", client_secret=_Session.secret)


def test_an_account_gets_its_new_secret_once_and_a_second_try_does_nothing(account):
    for _ in range(2):
        service_account.change_secret(account, "another-one-12345678")
        assert session_module.Session.secret == "another-one-12345678"


def test_an_account_with_neither_secret_is_refused(account):
    wrong = account.model_copy(update={"client_secret": "wrong"})
    with pytest.raises(LoginRefusedError):
        service_account.change_secret(wrong, "another-one-12345678")
    assert not service_account.accepts(wrong)


def test_an_account_that_does_not_see_itself_is_told_what_it_lacks(account, monkeypatch):
    monkeypatch.setattr(session_module.Session, "clients", ())
    with pytest.raises(ProvisionError, match="does not see its own client"):
        service_account.change_secret(account, "another-one-12345678")


def test_a_keycloak_that_is_away_is_no_refusal(account, monkeypatch):
    monkeypatch.setattr(session_module.Session, "error", KeycloakError("away"))
    with pytest.raises(KeycloakError, match="away"):
        service_account.accepts(account)
    monkeypatch.setattr(session_module.Session, "error", ForbiddenError("may not"))
    assert service_account.accepts(account)
