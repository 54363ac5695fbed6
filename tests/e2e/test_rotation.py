"""Secrets and keys are rotated while calls go on, and none of the calls fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.stack_cli import StackCli
from tests.support.steady_calls import (
    SECRET,
    STACK,
    VARIABLE,
    SteadyCalls,
    access_tokens,
    steady_calls,
    token,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MADE = "    - {type: Client, clientId: made, access: confidential, serviceAccounts: true}\n"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    stack = StackCli(tmp_path_factory.mktemp("rotation"), environment={VARIABLE: SECRET})
    (stack.project / "Pulumi.test.yaml").write_text(STACK + _MADE)
    try:
        stack.run("up")
        yield stack
    finally:
        stack.throw_away()


def _get(stack: StackCli, name: str) -> str:
    return stack.run("secret", "get", name).stdout.strip()


def _secrets(stack: StackCli) -> dict[str, str]:
    """Return the secrets of the servers and of the service account."""
    shown = stack.json("status", "--show-secrets")
    own = {server["name"]: server["introspection"]["client_secret"] for server in shown["servers"]}
    return own | {"admin": shown["admin"]["client_secret"]}


def _scopes(stack: StackCli) -> dict[str, str]:
    return {server["url"]: server["scopes"][0] for server in stack.json("status")["servers"]}


def test_no_call_fails_while_all_secrets_and_keys_are_rotated(live):
    shown = live.json("status", "--show-secrets")
    issuer, before, processes = shown["issuer"], _secrets(live), live.processes()

    tokens = access_tokens(issuer, _scopes(live))
    earlier = {url: get() for url, get in tokens.items()}
    with steady_calls(tokens) as calls:
        live.run("rotate", "introspection")
        between = _secrets(live)
        rotated = live.json("rotate", "all")
        after = _secrets(live)
    assert calls.failures == []
    assert set(calls.done) == set(tokens)
    assert min(calls.done.values()) > 20
    assert between["admin"] == before["admin"]
    assert all(
        len({each[name] for each in (before, between, after)}) == 3 for name in ("calculator", "weather")
    )
    assert after["admin"] != before["admin"]
    assert live.processes() == processes, "nothing was restarted"
    assert set(rotated["rotated"]) == {
        "adminClientSecret",
        "servers[0].introspectionClientSecret",
        "servers[1].introspectionClientSecret",
        "objects.Client/made.secret",
    }
    (skipped,) = rotated["skipped"]
    assert skipped["name"] == "objects.Client/machine.secret"
    assert skipped["why"] == "comes from environment variable PROVISION_TEST_SECRET"
    assert f"`provision up -s test -C {live.project}`" in skipped["do"]
    successors = [key["successor"] for key in rotated["keys"]]
    assert len(successors) == 4
    assert None not in successors
    _former_ones_are_refused(issuer, before, between)
    with httpx.Client() as client:
        kept = SteadyCalls()
        for url, former in earlier.items():
            kept.call(client, url, former)
        assert kept.failures == [], "the former keys verify the tokens that they made"
    assert live.json("preview", "--refresh")["changes"] == []
    assert [proof for proof in live.json("verify")["proofs"] if not proof["ok"]] == []


def _former_ones_are_refused(issuer: str, *formers: dict[str, str]) -> None:
    admin = f"{issuer.rpartition('/')[0]}/master"
    for former in formers:
        form = {"client_id": "mcp-server", "client_secret": former["calculator"], "token": "x"}
        asked = httpx.post(f"{issuer}/protocol/openid-connect/token/introspect", data=form)
        assert asked.status_code == 401
        assert token(admin, "openid", client="provision-admin", secret=former["admin"]).status_code == 401


def test_the_secret_of_a_client_is_rotated_where_it_comes_from(live):
    issuer = live.json("status")["issuer"]
    before = _get(live, "objects.Client/made.secret")
    assert live.json("rotate", "client", "made")["rotated"] == ["objects.Client/made.secret"]
    after = _get(live, "objects.Client/made.secret")
    assert [
        token(issuer, "mcp:tools", client="made", secret=secret).status_code for secret in (before, after)
    ] == [
        401,
        200,
    ]
    refused = live.run("rotate", "client", "machine", code=2).stderr
    assert "comes from environment variable PROVISION_TEST_SECRET" in refused
    assert f"`provision up -s test -C {live.project}`" in refused
    unknown = live.run("rotate", "client", "mad", code=2).stderr
    assert "Did you mean made?" in unknown


def test_a_secret_in_the_stack_file_stays_there(live):
    file = live.project / "Pulumi.test.yaml"
    before: dict[str, Any] = _secrets(live)
    live.run("secret", "set", "adminClientSecret", stdin=f"{SECRET}-of-the-admin\n")
    live.run("secret", "set", "servers[0].introspectionClientSecret", stdin=f"{SECRET}-of-the-server\n")
    live.run("up")
    live.run("rotate", "admin")
    live.run("rotate", "introspection")
    after = _secrets(live)
    assert not set(after.values()) & {*before.values(), f"{SECRET}-of-the-admin", f"{SECRET}-of-the-server"}
    assert file.read_text().count("secure:") == 2
    assert SECRET not in file.read_text()
    assert after["calculator"] == _get(live, "servers[0].introspectionClientSecret")
    assert live.json("preview", "--refresh")["changes"] == []
