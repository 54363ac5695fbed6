"""Objects in a real Keycloak, made without the engine."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from provision.provider.lifecycle import Lifecycle
from provision.spec import Context, catalogue

if TYPE_CHECKING:
    from provision.keycloak.session import Session


class World:
    """A realm of one test, and the lifecycles of the objects in it."""

    def __init__(self, session: Session):
        self.session = session
        self.realm = f"t-{secrets.token_hex(4)}"
        self.said: list[str] = []
        self.add("provision:keycloak:Realm", {"name": self.realm, "suppliedKeys": True})

    def lifecycle(self, token):
        return Lifecycle(catalogue()[token], Context(session=lambda: self.session, log=self.said.append))

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
