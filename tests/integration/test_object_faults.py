"""A small program of Keycloak objects over a network that spoils each of its calls in turn, run again afterwards."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass

import pytest

from provision._lib.errors import ProvisionError
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection
from provision.keycloak.handler import KeycloakAccess
from provision.provider.journal import Journal
from provision.provider.lifecycle import ADOPTED_FROM, Lifecycle
from provision.provider.wire import plain
from tests.conftest import ADMIN
from tests.support.fault_proxy import FaultProxy
from tests.support.values import everything

_AUDIENCE = "https://mcp.example/mcp"
_PROGRAM = {
    "ClientScope": {"name": "tools", "description": "Tools", "consentText": "Use tools"},
    "AudienceMapper": {"scope": "tools", "name": "audience", "includedCustomAudience": _AUDIENCE},
    "RealmRole": {"name": "operator", "description": "Runs tools"},
    "Client": {"clientId": "app", "standardFlow": True, "redirectUris": ["http://127.0.0.1/"]},
    "TrustedHostsPolicy": {"trustedHosts": ["localhost"], "clientUrisMustMatch": False},
    "AllowedClientScopesPolicy": {"allowedClientScopes": ["tools"]},
}
"""In the order in which they need each other."""
_FACTORY = {"TrustedHostsPolicy", "AllowedClientScopesPolicy"}
_DOUBLED = pytest.mark.xfail(reason="a doubled creation is answered as somebody else's object would be")
_FAULTS = ["drop_request", "drop_answer", "truncate_answer", "delay", "status_503"]
_FAULTS += [pytest.param("duplicate", marks=_DOUBLED)]


@dataclass
class Program:
    """One stack of a user's: its state, and the journal that outlives a process."""

    proxy: FaultProxy
    secret: str
    realm: str
    journal: object
    states: dict

    def run(self):
        """As the engine does it: each object in its own right, and what needs a failed one is left out."""
        failures = []
        provider = self._provider()
        for kind, values in _PROGRAM.items():
            lifecycle = provider(kind)
            inputs, refused = lifecycle.check({}, {"realm": self.realm, **values})
            assert refused == []
            try:
                if kind not in self.states:
                    self.states[kind] = lifecycle.create(inputs, preview=False)
                elif lifecycle.diff(inputs, self.states[kind].properties, inputs).differences:
                    lifecycle.update(self.states[kind].properties, inputs, preview=False)
            except ProvisionError as error:
                failures.append(error)
        return failures

    def differing(self):
        provider, found = self._provider(), {}
        for kind, state in self.states.items():
            lifecycle = provider(kind)
            inputs, _ = lifecycle.check({}, {"realm": self.realm, **_PROGRAM[kind]})
            seen = lifecycle.read(state.id, state.properties, inputs)
            if seen is None or plain(seen.inputs) != plain(inputs):
                found[kind] = seen
        return found

    def destroy(self):
        provider = self._provider()
        for kind in reversed([*self.states]):
            provider(kind).delete(self.states.pop(kind).properties)

    def _provider(self):
        """A new process: only the journal's file is left of the one before."""
        session = Session(
            Connection(url=self.proxy.url, client_id=ADMIN, client_secret=self.secret), sleep=lambda _: None
        )
        journal = Journal(self.journal)
        context = Context(connection=KeycloakAccess(lambda: session), log=lambda _: None)
        return lambda kind: Lifecycle(catalogue()[f"provision:keycloak:{kind}"], context, journal)


@pytest.fixture(scope="module")
def realm(session):
    name = f"f-{secrets.token_hex(4)}"
    session.post("", body={"realm": name, "enabled": True})
    yield name
    session.delete(name)


@pytest.fixture(scope="module")
def proxy(live_keycloak):
    with FaultProxy(live_keycloak.url, only="/admin/", delay_seconds=0.01) as proxy:
        yield proxy


@pytest.fixture
def program(proxy, admin_secret, realm, tmp_path):
    return Program(proxy, admin_secret, realm, tmp_path / "journal.jsonl", {})


def counted(session, realm):
    """How often each object of the program is there."""
    scopes = [item for item in session.get(realm, "client-scopes") if item["name"] == "tools"]
    policies = session.get(realm, "components")
    return {
        "ClientScope": len(scopes),
        "AudienceMapper": sum(len(scope.get("protocolMappers", ())) for scope in scopes),
        "RealmRole": sum(item["name"] == "operator" for item in session.get(realm, "roles")),
        "Client": sum(item["clientId"] == "app" for item in session.get(realm, "clients")),
        "TrustedHostsPolicy": sum(item["providerId"] == "trusted-hosts" for item in policies),
        "AllowedClientScopesPolicy": sum(
            item["providerId"] == "allowed-client-templates" and item["subType"] == "anonymous"
            for item in policies
        ),
    }


def calls_of_a_clean_run(program):
    before = len(program.proxy.calls)
    assert program.run() == []
    made = program.proxy.calls[before:]
    program.destroy()
    return made


@pytest.mark.parametrize("fault", _FAULTS)
def test_whichever_call_is_spoilt_the_next_run_converges_and_destroy_leaves_nothing(
    program, session, realm, fault
):
    untouched = everything(session, realm)
    calls = calls_of_a_clean_run(program)
    assert everything(session, realm) == untouched
    assert len(calls) > len(_PROGRAM)
    wrong = {}
    for number, call in enumerate(calls, start=1):
        program.journal.unlink(missing_ok=True)
        program.proxy.fault(len(program.proxy.calls) + number, fault)
        first = program.run()
        again = program.run()
        found = [f"fails again: {error}" for error in again]
        found += [f"{kind} differs" for kind in program.differing()]
        found += [f"{kind}: {times} times" for kind, times in counted(session, realm).items() if times != 1]
        adopted = {kind for kind, state in program.states.items() if ADOPTED_FROM in state.properties}
        found += [f"adopted: {adopted}"] if adopted != _FACTORY else []
        program.destroy()
        if (after := everything(session, realm)) != untouched:
            found += [f"left behind: {[key for key in after if after[key] != untouched.get(key)]}"]
            clean(session, realm)
        if found:
            wrong[f"{number} {call.replace(realm, 'R')}"] = [*found, f"first run: {first}"]
    assert wrong == {}


def clean(session, realm):
    """What one case left behind must not spoil the next."""
    for scope in session.get(realm, "client-scopes"):
        if scope["name"] == "tools":
            session.delete(realm, "client-scopes", scope["id"])
    for client in session.get(realm, "clients", clientId="app"):
        session.delete(realm, "clients", client["id"])
    with suppress(ProvisionError):
        session.delete(realm, "roles", "operator")
