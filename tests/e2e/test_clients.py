"""``provision clients``: what registered itself is listed and, when nobody uses it, removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provision.verify.authorization_code import log_in
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from tests.support.outside import outside
from tests.support.stack_cli import kill

_REDIRECT = "http://localhost:33419/callback"
_NOW = ("--older-than", "0", "--unused-for", "0")


def register(context, name, *redirect_uris):
    endpoint = context.need(authorization_server_metadata).registration_endpoint
    body = {
        "client_name": name,
        "redirect_uris": redirect_uris or [_REDIRECT],
        "token_endpoint_auth_method": "none",
    }
    return context.http.post(endpoint, json=body).raise_for_status().json()["client_id"]


def client_ids(stack):
    return {client["client_id"] for client in stack.json("clients", "list")["clients"]}


def test_a_client_stays_while_somebody_is_logged_in_with_it_and_goes_when_nobody_used_it(live):
    assert live.json("clients", "list") == {"clients": []}
    with outside(live) as context:
        server = context.need(authorization_server_metadata)
        used, idle = register(context, "Claude Code"), register(context, "Visual Studio Code", _REDIRECT)
        log_in(context, server, used, _REDIRECT)

        clients = {client["client_id"]: client for client in live.json("clients", "list")["clients"]}
        assert set(clients) == {used, idle}
        assert set(clients[used]) == {
            *("client_id", "name", "redirect_uris", "registered", "last_used", "sessions")
        }
        assert (clients[used]["name"], clients[used]["redirect_uris"]) == ("Claude Code", [_REDIRECT])
        assert (clients[used]["sessions"], clients[idle]["sessions"]) == (1, 0)
        assert clients[idle]["last_used"] is None
        for time in (clients[used]["registered"], clients[idle]["registered"], clients[used]["last_used"]):
            moment = datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            assert abs(datetime.now(tz=UTC) - moment) < timedelta(minutes=2)

        kept = live.run("clients", "prune", "--yes").stdout
        assert "1 client kept: a session is alive." in kept
        assert "1 client kept: registered in the last 30 days." in kept
        assert client_ids(live) == {used, idle}
        dry = live.run("clients", "prune", *_NOW)
        assert idle in dry.stdout
        assert used not in dry.stdout
        assert "1 client would go; --yes removes them" in dry.stdout
        assert live.json("clients", "prune", *_NOW)["pruned"] == []
        assert client_ids(live) == {used, idle}

        assert live.json("clients", "prune", *_NOW, "--yes", "--unknown")["pruned"] == [idle]
        assert client_ids(live) == {used}
    said = live.run(
        "clients", "prune", "--older-than", "0", "--unused-for", "1h", "--unknown", "--yes"
    ).stdout
    assert "1 client kept: used in the last 60 minutes" in said
    assert "1 client removed" in live.run("clients", "prune", *_NOW, "--yes").stdout
    assert client_ids(live) == set()
    assert live.json("drift") == {"changes": [], "added": []}  # what the stack declares is all there


def test_a_person_reads_names_hosts_and_ages_in_columns(live):
    with outside(live) as context:
        ids = [
            register(context, "Visual Studio Code", "https://vscode.dev/redirect", "http://127.0.0.1:33418/"),
            register(context, "Claude Code"),
        ]
    try:
        done = live.run("clients", "list")
        table, _, summary = done.stdout.partition("\n\n")
        head, *rows = table.splitlines()
        assert summary == "2 clients registered by themselves.\n"
        assert head.split() == ["CLIENT", "ID", "NAME", "REDIRECTS", "TO", "AGE", "LAST", "USE", "SESSIONS"]
        by_id = {row[:36]: row for row in rows}
        assert set(by_id) == set(ids)
        assert by_id[ids[0]][head.index("REDIRECTS") :].startswith("127.0.0.1, vscode.dev  0 minutes  never")
        kept = live.run("clients", "prune", "--yes").stdout
        assert "2 clients kept: registered in the last 30 days" in kept
        assert client_ids(live) == set(ids)
    finally:
        assert set(live.json("clients", "prune", *_NOW, "--unknown", "--yes")["pruned"]) == set(ids)


def test_without_events_it_is_said_that_nothing_is_known_and_nothing_goes(stack):
    stack.change_config("name: mcp-test", "name: mcp-test\n    events: false")
    stack.run("up")
    with outside(stack) as context:
        registered = register(context, "Claude Code")
    done = stack.run("clients", "list")
    assert done.stdout.splitlines()[1].split()[-3:] == ["unknown", "unknown", "-"]
    assert "events: true" in done.stderr  # what would make them known
    kept = stack.run("clients", "prune", "--yes").stdout
    assert "1 client kept: age or last use not known well enough; --unknown includes them" in kept
    assert stack.json("clients", "prune", "--unknown", "--yes")["pruned"] == [registered]


def test_what_the_stack_declares_is_never_listed_even_if_it_looks_registered(live):
    with outside(live) as context:
        adopted, loose = register(context, "Adopted"), register(context, "Loose")
    file = live.project / "Pulumi.test.yaml"
    before = file.read_text()
    file.write_text(
        before
        + "  provision:objects:\n"
        + f"    - {{type: ClientScopeAssignment, client: {adopted}, scope: phone, kind: optional}}\n"
    )
    try:
        assert client_ids(live) == {loose}
        assert live.json("clients", "prune", *_NOW, "--unknown", "--yes")["pruned"] == [loose]
    finally:
        file.write_text(before)
    assert live.json("clients", "prune", *_NOW, "--unknown", "--yes")["pruned"] == [adopted]


@pytest.mark.parametrize("command", ["list", "prune"])
def test_a_stack_that_is_not_up_says_so(stack, live, command):
    assert "is not up" in stack.run("clients", command, code=1).stderr
    kill(live.processes()["keycloak"])
    try:
        said = live.run("clients", command, code=1).stderr
    finally:
        live.run("up")
    assert "does not answer: no connection" in said
    assert "provision up" in said


def test_a_wrong_duration_is_refused_before_anything_is_asked(stack):
    said = stack.run("clients", "prune", "--older-than", "a month", code=2).stderr
    assert "'a month' is no duration; write 90m, 12h, 30d or 2w" in said
