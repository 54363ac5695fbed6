"""Objects in a real Keycloak, made without the engine."""

from __future__ import annotations

import os
import secrets
from functools import cache
from typing import TYPE_CHECKING

import pytest

from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.bases.registration_policy import PROVIDER_TYPE
from provision.keycloak.handler import KeycloakAccess
from provision.provider.lifecycle import Lifecycle
from tests.support.other_keycloak import VARIABLE

if TYPE_CHECKING:
    from provision.keycloak.api.session import Session


_EXPERIMENTAL = ("cimd", "client-secret-rotation", "resource-indicators")


def is_another() -> bool:
    """Return whether the tests run on another Keycloak than the toolkit's own, which may lack features."""
    return bool(os.environ.get(VARIABLE))


def lacks(session: Session, token: str) -> bool:
    """Return whether another Keycloak than the toolkit's own lacks a kind; the toolkit's own must lack none."""
    calls = catalogue()[token]
    if not is_another() or not hasattr(calls, "provider_id"):
        return False
    return calls.provider_id not in _offered_policies(session)


@cache
def _offered_policies(session: Session) -> set[str]:
    return {item["id"] for item in session.server_info()["componentTypes"][PROVIDER_TYPE]}


def need(session: Session, token: str) -> None:
    """Skip the test of a kind that this server lacks."""
    if lacks(session, token):
        pytest.skip("this Keycloak offers no such thing")


class World:
    """A realm of one test, and the lifecycles of the objects in it."""

    def __init__(self, session: Session):
        self.session = session
        self.realm = f"t-{secrets.token_hex(4)}"
        self.said: list[str] = []
        self.add(
            "provision:keycloak:Realm",
            {"name": self.realm, "suppliedKeys": True, "organizationsEnabled": True},
        )

    def lifecycle(self, token, features=_EXPERIMENTAL):
        """Return the lifecycle of one kind; properties that need one of the features pass the check."""
        context = Context(connection=KeycloakAccess(lambda: self.session, features), log=self.said.append)
        return Lifecycle(catalogue()[token], context)

    def inputs(self, token, values):
        spec = catalogue()[token].spec
        if "realm" in spec.fields():
            values = {"realm": self.realm, **values}
        elif token.endswith(":Realm") and values["name"] == "other":
            values = {**values, "name": f"{self.realm}-other"}
        checked, failures = self.lifecycle(token).check({}, values)
        assert failures == []
        return checked

    def add(self, token, values):
        inputs = self.inputs(token, values)
        return inputs, self.lifecycle(token).create(inputs, preview=False)
