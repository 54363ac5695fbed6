"""A run takes away what it made, however it ends."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from provision.verify import Proof, Target, prove

if TYPE_CHECKING:
    from tests.integration.verify.front import Front
    from tests.integration.verify.realm import LiveRealm

PREFIX = "provision-verify-"
RUN = """
import json, sys
from provision.keycloak.connection import Connection
from provision.verify import Target, prove
target = json.loads(sys.stdin.read())
typed = {"scopes": tuple(target["scopes"]), "connection": Connection(**target["connection"])}
prove(Target(**target | typed), on_proof=lambda proof: print(proof.id, flush=True))
"""


@pytest.fixture(autouse=True)
def no_sessions_of_other_tests(target: Target, realm: LiveRealm) -> None:
    """A killed run and a browser leave their logins, which end by themselves."""
    realm.session.post(realm.name, *realm.user_path(target.demo_username), "logout", body={})


def left_over(realm: LiveRealm, username: str) -> list[str]:
    session, found = realm.session, []
    for name in (realm.name, "master"):
        found += [
            f"client {client['clientId']}"
            for client in session.get(name, "clients")
            if PREFIX in client["clientId"] or PREFIX in (client.get("name") or "")
        ]
    found += [
        f"scope {scope['name']}" for scope in session.get("master", "client-scopes") if ":" in scope["name"]
    ]
    user = realm.user_path(username)
    found += [f"session {entry['id']}" for entry in session.get(realm.name, *user, "sessions")]
    found += [f"consent {entry['clientId']}" for entry in session.get(realm.name, *user, "consents")]
    return found


def test_nothing_is_left_after_a_run(target: Target, realm: LiveRealm, front: Front) -> None:
    prove(target)
    assert left_over(realm, target.demo_username) == []


def test_nothing_is_left_when_proofs_fail(target: Target, realm: LiveRealm, front: Front) -> None:
    with (
        realm.policy("trusted-hosts", client_uris_must_match=["false"]),
        front.letting_in(lambda exchange: exchange.token is not None),
    ):
        failed = {proof.id for proof in prove(target) if not proof.ok}
    assert {"registration-refused", "refused-other-realm", "refused-other-audience"} <= failed
    assert left_over(realm, target.demo_username) == []


def test_nothing_is_left_when_the_user_interrupts(target: Target, realm: LiveRealm, front: Front) -> None:
    def interrupt(proof: Proof) -> None:
        if proof.id == "registration-with-scope":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prove(target, on_proof=interrupt)
    assert left_over(realm, target.demo_username) == []


def run_in_a_process(target: Target) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(dataclasses.asdict(target), default=lambda value: value.model_dump()))
    process.stdin.close()
    return process


def until(process: subprocess.Popen[str], proof: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == proof:
            return
    pytest.fail(f"the run ended before {proof}")


def test_ctrl_c_in_the_terminal_leaves_nothing(target: Target, realm: LiveRealm, front: Front) -> None:
    process = run_in_a_process(target)
    until(process, "registration")
    process.send_signal(signal.SIGINT)
    process.wait(20)
    assert left_over(realm, target.demo_username) == []


def test_the_next_run_removes_what_a_killed_one_left(target: Target, realm: LiveRealm, front: Front) -> None:
    process = run_in_a_process(target)
    until(process, "registration")
    process.kill()
    process.wait(10)
    assert any(entry.startswith("client ") for entry in left_over(realm, target.demo_username))
    prove(target, only=["registration"])
    assert [
        entry for entry in left_over(realm, target.demo_username) if not entry.startswith("session ")
    ] == []


def test_a_run_leaves_the_objects_of_another_run_alone(
    target: Target, realm: LiveRealm, front: Front
) -> None:
    process = run_in_a_process(target)
    until(process, "registration")
    prove(target, only=["registration"])
    until(process, "refused-other-audience")
    assert process.wait(10) == 0


def test_no_result_holds_a_token_or_a_secret(target: Target, front: Front) -> None:
    text = " ".join(proof.detail for proof in prove(target))
    assert "eyJ" not in text
    for secret in (target.demo_password, target.introspection_client_secret, target.connection.client_secret):
        assert secret not in text
        assert secret not in repr(target)


def test_a_keycloak_that_is_gone_fails_each_proof_in_one_line(target: Target, front: Front) -> None:
    nowhere = target.connection.model_copy(update={"url": "http://localhost:9"})
    gone: dict[str, Any] = {"issuer": "http://localhost:9/realms/mcp", "connection": nowhere}
    results = {proof.id: proof for proof in prove(dataclasses.replace(target, **gone))}
    assert "no answer from http://localhost:9/" in results["authorization-server-metadata"].detail
    assert results["tools"].detail == "needs authorization-server-metadata, which failed"
    assert not any("broke" in proof.detail for proof in results.values())


def test_a_server_that_is_gone_fails_its_proofs_in_one_line(target: Target, front: Front) -> None:
    results = {p.id: p for p in prove(dataclasses.replace(target, server_url="http://localhost:9/mcp"))}
    assert results["challenge"].detail == "no answer from http://localhost:9/mcp (ConnectError)"
    assert results["registration"].ok
    assert not any("broke" in proof.detail for proof in results.values())


def test_a_proof_alone_runs_what_it_builds_on(target: Target, front: Front) -> None:
    seen: list[Proof] = []
    results = prove(target, only=["token"], on_proof=seen.append)
    assert [proof.id for proof in results] == ["token"]
    assert results[0].ok
    assert seen == list(results)
    (bad,) = prove(dataclasses.replace(target, demo_password="another"), only=["token"])
    assert bad.detail.startswith("needs login, which failed: the demo user could not log in")
