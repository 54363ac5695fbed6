"""Every proof catches what it is for: the stack is broken in that way, and exactly that proof fails."""

from __future__ import annotations

import base64
import json
import math
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from provision.verify import Proof, Target, prove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.verify.front import Exchange, Front
    from tests.integration.verify.realm import LiveRealm

SCOPE = "mcp:tools"


@dataclass(frozen=True)
class Stack:
    target: Target
    realm: LiveRealm
    front: Front


@pytest.fixture
def stack(target: Target, realm: LiveRealm, front: Front) -> Stack:
    return Stack(target, realm, front)


BREAKS: list[Any] = []


def breaks(*proofs: str, says: str) -> Callable[[Any], Any]:
    """Register a way to break the stack.

    Args:
        proofs: The proofs that must find it.
        says: What the first one must say.
    """

    def register(function: Any) -> Any:
        BREAKS.append(pytest.param(contextmanager(function), set(proofs), says, id=function.__name__))
        return function

    return register


def failed_by_itself(results: tuple[Proof, ...]) -> dict[str, str]:
    return {p.id: p.detail for p in results if not p.ok and not p.detail.startswith("needs ")}


def claims(exchange: Exchange) -> dict[str, Any]:
    try:
        part = (exchange.token or "").split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return found


def header(exchange: Exchange) -> dict[str, Any]:
    part = (exchange.token or "").split(".")[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def metadata_with(**fields: Any) -> Callable[[Exchange], None]:
    def change(exchange: Exchange) -> None:
        if "oauth-protected-resource" in exchange.path:
            exchange.answer = json.dumps({**json.loads(exchange.answer), **fields}).encode()

    return change


@breaks("resource-metadata", says="resource is")
def resource_with_a_trailing_slash(stack: Stack) -> Iterator[None]:
    with stack.front.changing(metadata_with(resource=f"{stack.target.server_url}/")):
        yield


@breaks("resource-metadata", says="authorization_servers is")
def authorization_server_with_a_trailing_slash(stack: Stack) -> Iterator[None]:
    with stack.front.changing(metadata_with(authorization_servers=[f"{stack.target.issuer}/"])):
        yield


@breaks("resource-metadata", says="HTTP 404")
def no_metadata_at_the_root(stack: Stack) -> Iterator[None]:
    def lose(exchange: Exchange) -> None:
        if exchange.path == "/.well-known/oauth-protected-resource":
            exchange.status, exchange.answer = 404, b""

    with stack.front.changing(lose):
        yield


@breaks("authorization-server-metadata", says="issuer is")
def issuer_of_another_address(stack: Stack) -> Iterator[None]:
    other = stack.target.connection.url.replace("localhost", "127.0.0.1")
    realm = stack.realm
    attributes = realm.session.get(realm.name)["attributes"]
    with realm.changed(attributes={**attributes, "frontendUrl": other}):
        yield
    realm.session.put(realm.name, body={"attributes": {**attributes, "frontendUrl": ""}})


@breaks("challenge", says="does not ask for mcp:tools")
def challenge_without_scope(stack: Stack) -> Iterator[None]:
    with stack.front.changing(challenge_cut(f'scope="{SCOPE}", ')):
        yield


@breaks("challenge", says="resource_metadata is missing")
def challenge_without_metadata(stack: Stack) -> Iterator[None]:
    with stack.front.changing(challenge_cut(", resource_metadata=")):
        yield


def challenge_cut(what: str) -> Callable[[Exchange], None]:
    def cut(exchange: Exchange) -> None:
        value = exchange.answer_headers.get("www-authenticate", "")
        if value and "invalid_token" not in value:
            start, _, rest = value.partition(what)
            exchange.answer_headers["www-authenticate"] = start + (rest if what.startswith("scope") else "")

    return cut


@breaks("registration", says="Trusted Hosts")
def localhost_is_not_trusted(stack: Stack) -> Iterator[None]:
    hosts = [host for host in trusted_hosts(stack) if host != "localhost"]
    with stack.realm.policy("trusted-hosts", trusted_hosts=hosts):
        yield


@breaks("registration-with-scope", says="Trusted Hosts")
def vscode_dev_is_not_trusted(stack: Stack) -> Iterator[None]:
    hosts = [host for host in trusted_hosts(stack) if host != "vscode.dev"]
    with stack.realm.policy("trusted-hosts", trusted_hosts=hosts):
        yield


@breaks("registration-with-scope", says="clientScope")
def scope_may_not_be_registered(stack: Stack) -> Iterator[None]:
    settings = {"allowed_client_scopes": [], "allow_default_scopes": ["false"]}
    with stack.realm.policy("allowed-client-templates", **settings):
        yield


@breaks("registration-refused", says="could register itself")
def redirects_are_not_checked(stack: Stack) -> Iterator[None]:
    with stack.realm.policy("trusted-hosts", client_uris_must_match=["false"]):
        yield


@breaks("registration-refused", says="could register itself")
def trusted_hosts_policy_is_gone(stack: Stack) -> Iterator[None]:
    with stack.realm.without_policy("trusted-hosts"):
        yield


def changed_documents(stack: Stack, kind: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Change the client policy or the client profile for clients that register themselves."""
    items = stack.realm.session.get(stack.realm.name, "client-policies", kind)[kind]
    own = [change(item) if item["name"] == "mcp-registered" else item for item in items]
    return stack.realm.changed("client-policies", kind, **{kind: own})


@breaks("registration-limits", says="a client with a secret, a redirect with a wildcard")
def the_policy_for_registered_clients_is_off(stack: Stack) -> Iterator[None]:
    with changed_documents(stack, "policies", lambda policy: policy | {"enabled": False}):
        yield


@breaks("registration-limits", says="itself: a client with a secret")
def registered_clients_may_have_a_secret(stack: Stack) -> Iterator[None]:
    def change(profile: dict[str, Any]) -> dict[str, Any]:
        return profile | {"executors": profile["executors"][1:]}

    with changed_documents(stack, "profiles", change):
        yield


@breaks("registration-limits", says="itself: a change to a redirect with a wildcard")
def registered_clients_may_change_themselves(stack: Stack) -> Iterator[None]:
    def change(policy: dict[str, Any]) -> dict[str, Any]:
        sources = {"update-client-source": ["ByAnonymous"]}
        return policy | {"conditions": [policy["conditions"][0] | {"configuration": sources}]}

    with changed_documents(stack, "policies", change):
        yield


def trusted_hosts(stack: Stack) -> list[str]:
    hosts: list[str] = stack.realm.find_policy("trusted-hosts")["config"]["trusted-hosts"]
    return hosts


@breaks("login", "login-pre-registered", says="could not log in")
def demo_user_has_another_password(stack: Stack) -> Iterator[Target]:
    yield replace(stack.target, demo_password="another")


@breaks("login", says="without the user's consent")
def consent_is_not_required(stack: Stack) -> Iterator[None]:
    with stack.realm.without_policy("consent-required"):
        yield


@breaks("login-pre-registered", says="Standard flow is disabled")
def public_client_may_not_log_users_in(stack: Stack) -> Iterator[None]:
    client = stack.realm.client_path(stack.target.public_client_id)
    with stack.realm.changed(*client, standardFlowEnabled=False):
        yield


@breaks("token", says="aud is")
def audience_mapper_is_gone(stack: Stack) -> Iterator[None]:
    with stack.realm.without_mapper(SCOPE, "audience-config"):
        yield


@breaks("token", says="scope has no mcp:tools")
def scope_is_not_in_the_token(stack: Stack) -> Iterator[None]:
    path = stack.realm.scope_path(SCOPE)
    attributes = stack.realm.session.get(stack.realm.name, *path)["attributes"]
    with stack.realm.changed(*path, attributes={**attributes, "include.in.token.scope": "false"}):
        yield


@breaks("token", says="good for 7200 s")
def tokens_live_for_two_hours(stack: Stack) -> Iterator[None]:
    with stack.realm.changed(accessTokenLifespan=7200):
        yield


@breaks("introspection", says="is not active")
def introspection_client_is_no_audience(stack: Stack) -> Iterator[None]:
    with stack.realm.without_mapper(SCOPE, "introspection-audience"):
        yield


@breaks("introspection", says="with the right secret")
def introspection_secret_was_rotated_elsewhere(stack: Stack) -> Iterator[Target]:
    yield replace(stack.target, introspection_client_secret="the-one-before")


@breaks("tools", says="is 43")
def server_can_not_add(stack: Stack) -> Iterator[None]:
    def miscount(exchange: Exchange) -> None:
        exchange.answer = exchange.answer.replace(b'"result":42', b'"result":43')

    with stack.front.changing(miscount):
        yield


@breaks("refused-no-token", says="a token in the query")
def server_reads_the_token_from_the_query(stack: Stack) -> Iterator[None]:
    with stack.front.letting_in(lambda exchange: "access_token=" in exchange.path):
        yield


@breaks("refused-no-token", "challenge", says="without a token")
def server_asks_for_no_token(stack: Stack) -> Iterator[None]:
    with stack.front.letting_in(lambda exchange: exchange.token is None and exchange.path == "/mcp"):
        yield


@contextmanager
def keeping_sessions(stack: Stack, *, bound: bool) -> Iterator[dict[str, str]]:
    """The server keeps sessions, each of which may be bound to its subject; gives the subjects by the sessions' ids."""
    subjects: dict[str, str] = {}

    def keep(exchange: Exchange) -> None:
        subject, session = claims(exchange).get("sub", ""), exchange.headers.get("mcp-session-id", "")
        if b'"initialize"' in exchange.body and exchange.status == HTTPStatus.OK:
            begun = exchange.answer_headers["mcp-session-id"] = secrets.token_hex(16)
            subjects[begun] = subject
        others = session and exchange.status == HTTPStatus.OK and subjects.get(session) != subject
        if bound and others and not exchange.let_in:
            exchange.status, exchange.answer = HTTPStatus.NOT_FOUND, b""

    with stack.front.changing(keep):
        yield subjects


@breaks("session-identity", says="a session id without a token")
def server_takes_a_session_for_a_token(stack: Stack) -> Iterator[None]:
    with (
        keeping_sessions(stack, bound=True) as sessions,
        stack.front.letting_in(
            lambda exchange: exchange.token is None and exchange.headers.get("mcp-session-id") in sessions
        ),
    ):
        yield


@breaks("session-identity", says="to another subject")
def server_does_not_bind_sessions_to_subjects(stack: Stack) -> Iterator[None]:
    with keeping_sessions(stack, bound=False):
        yield


@breaks("session-identity", says="an invented session id")
def server_without_sessions_takes_any_for_a_token(stack: Stack) -> Iterator[None]:
    with stack.front.letting_in(
        lambda exchange: exchange.token is None and "mcp-session-id" in exchange.headers
    ):
        yield


@breaks("refused-garbage", says="random text")
def server_takes_any_text(stack: Stack) -> Iterator[None]:
    with stack.front.letting_in(lambda exchange: exchange.token is not None and not claims(exchange)):
        yield


@breaks("refused-garbage", says="changed content")
def server_does_not_check_signatures(stack: Stack) -> Iterator[None]:
    with stack.front.letting_in(lambda exchange: claims(exchange).get("exp", 0) > time.time() + 3500):
        yield


@breaks("refused-garbage", says="without a signature")
def server_takes_alg_none(stack: Stack) -> Iterator[None]:
    with stack.front.letting_in(
        lambda exchange: bool(claims(exchange)) and header(exchange)["alg"] == "none"
    ):
        yield


@breaks("refused-expired", says="let in an expired token")
def server_does_not_check_expiry(stack: Stack) -> Iterator[None]:
    with stack.front.letting_in(lambda exchange: claims(exchange).get("exp", math.inf) < time.time()):
        yield


@breaks("refused-other-realm", says="a token of realm master")
def server_does_not_check_the_issuer(stack: Stack) -> Iterator[None]:
    with stack.front.letting_in(lambda exchange: claims(exchange).get("iss", "").endswith("/realms/master")):
        yield


@breaks("refused-other-audience", says="for another resource")
def server_does_not_check_the_audience(stack: Stack) -> Iterator[None]:
    def others(exchange: Exchange) -> bool:
        found = claims(exchange)
        return found.get("iss") == stack.target.issuer and stack.target.server_url not in found["aud"]

    with stack.front.letting_in(others):
        yield


@breaks("refused-other-audience", says="narrowed to others")
def introspection_adds_the_audience(stack: Stack) -> Iterator[None]:
    with stack.realm.mapper(SCOPE, "audience-config", introspection_token_claim="true"):
        yield


@pytest.mark.parametrize(("broken", "proofs", "says"), BREAKS)
def test_exactly_the_right_proof_fails_when(stack: Stack, broken: Any, proofs: set[str], says: str) -> None:
    with broken(stack) as other_target:
        results = prove(other_target or stack.target)
    found = failed_by_itself(results)
    assert found.keys() == proofs, found
    assert any(says in detail for detail in found.values()), found


def test_nothing_fails_when_nothing_is_broken(stack: Stack) -> None:
    results = prove(stack.target)
    assert all(proof.ok for proof in results), failed_by_itself(results)


def test_a_session_that_is_bound_to_its_subject_is_proved(stack: Stack) -> None:
    with keeping_sessions(stack, bound=True):
        results = prove(stack.target)
    assert failed_by_itself(results) == {}
    (proof,) = (proof for proof in results if proof.id == "session-identity")
    assert proof.detail == "401 for a session's id without a token, HTTP 404 with another subject's"


def test_a_server_without_sessions_says_so(stack: Stack) -> None:
    (proof,) = prove(stack.target, only=["session-identity"])
    assert proof.ok
    assert proof.detail.startswith("the server keeps no sessions; 401")
