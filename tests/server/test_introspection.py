"""Tokens are asked of the authorization server (a stand-in)."""

from __future__ import annotations

import base64
import json
import time

import httpx2
import pytest

from provision.server import allowance, claims, token_cache, verifier

ISSUER = "http://localhost:8080/realms/mcp"
SECRET = "a-secret-that-no-log-may-hold"
METADATA = "http://localhost:3000/.well-known/oauth-protected-resource/mcp"


def test_a_good_token_reaches_the_tools(server, stand_in):
    assert server.call(stand_in.issue(), "add_numbers", a=2, b=3)["structuredContent"]["result"] == 5


def test_one_audience_as_a_string_is_good(server, stand_in):
    token = stand_in.issue(aud="http://localhost:3000/mcp")
    assert server.post(token).status_code == 200


def test_the_secret_goes_in_the_form_and_not_in_a_header(server, stand_in):
    server.post(stand_in.issue())
    assert stand_in.forms[-1]["client_secret"] == "a-secret-that-no-log-may-hold"
    assert stand_in.forms[-1]["client_id"] == "http://localhost:3000/mcp"


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("wrong_issuer", {"iss": "http://localhost:8080/realms/other"}),
        ("wrong_issuer", {"iss": ISSUER + "/"}),
        ("wrong_issuer", {"iss": None}),
        ("wrong_issuer", {"iss": [ISSUER]}),
        ("wrong_audience", {"aud": "http://localhost:3000"}),
        ("wrong_audience", {"aud": "http://localhost:3000/mcp/"}),
        ("wrong_audience", {"aud": "http://localhost:3000/mcp2"}),
        ("wrong_audience", {"aud": ["account"]}),
        ("wrong_audience", {"aud": None}),
        ("expired", {"exp": 1}),
        ("no_expiry", {"exp": None}),
        ("no_expiry", {"exp": "never"}),
        ("no_expiry", {"exp": 1e300}),
        ("no_expiry", {"exp": 10**30}),
        ("not_yet_valid", {"nbf": -1e300}),
        ("not_yet_valid", {"nbf": 2**40}),
        ("not_yet_valid", {"nbf": "soon"}),
        ("wrong_token_type", {"typ": "Refresh"}),
        ("wrong_token_type", {"typ": "ID"}),
        ("wrong_token_type", {"typ": "Offline"}),
        ("wrong_token_type", {"typ": "DPoP"}),
        ("wrong_token_type", {"typ": None}),
        ("bound_to_a_key", {"cnf": {"jkt": "x"}}),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(server, stand_in, reason, changes):
    answer = server.post(stand_in.issue(**changes))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert server.audit()[-1]["reason"] == reason
    assert reason not in answer.text


@pytest.mark.parametrize("changes", [{"typ": "bearer"}, {"typ": None, "token_type": "Bearer"}, {"nbf": 1}])
def test_harmless_variations_are_accepted(server, stand_in, changes):
    assert server.post(stand_in.issue(**changes)).status_code == 200


def test_a_clock_a_little_ahead_is_forgiven(server, stand_in):
    assert server.post(stand_in.issue(nbf=int(time.time()) + 2)).status_code == 200


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"])
def test_an_unknown_token_is_refused(server, token):
    answer = server.post(token)
    assert answer.status_code == 401
    assert server.audit()[-1]["reason"] == "inactive"


def test_active_must_be_said_as_a_boolean(server, stand_in):
    token = stand_in.issue(active="false")
    assert server.post(token).status_code == 401


def test_a_missing_scope_is_403_with_what_a_client_needs_to_ask_for_it(server, stand_in):
    answer = server.post(stand_in.issue(scope="openid"))
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="mcp:tools"' in challenge
    assert f'resource_metadata="{METADATA}"' in challenge
    assert server.audit()[-1] | {"reason": "insufficient_scope", "subject": "subject-1"} == server.audit()[-1]


def test_every_scope_is_needed(start, stand_in):
    server = start(scopes=["mcp:tools", "mcp:more"])
    assert server.post(stand_in.issue("one")).status_code == 403
    assert server.post(stand_in.issue("both", scope="mcp:more mcp:tools")).status_code == 200


def test_an_answer_is_believed_for_a_while(server, stand_in):
    token = stand_in.issue()
    for _ in range(3):
        assert server.post(token).status_code == 200
    assert len(stand_in.forms) == 1


def test_a_revoked_token_is_refused_when_the_cache_has_expired(start, stand_in, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(token_cache, "monotonic", lambda: now)
    server = start(cache_seconds=3)
    token = stand_in.issue()
    assert server.post(token).status_code == 200
    stand_in.tokens.clear()
    now += 2.9
    assert server.post(token).status_code == 200
    now += 0.2
    assert server.post(token).status_code == 401


def test_without_a_cache_a_revoked_token_is_refused_at_once(start, stand_in):
    server = start(cache_seconds=0)
    token = stand_in.issue()
    assert server.post(token).status_code == 200
    stand_in.tokens.clear()
    assert server.post(token).status_code == 401


def test_a_remembered_token_still_expires(start, stand_in, monkeypatch):
    server = start(cache_seconds=60)
    token = stand_in.issue()
    assert server.post(token).status_code == 200
    monkeypatch.setattr(claims, "time", lambda: time.time() + 61)
    assert server.post(token).status_code == 401
    assert server.audit()[-1]["reason"] == "expired"


def _write(file, secret):
    file.chmod(0o600)
    file.write_text(secret)
    file.chmod(0o400)


def test_a_new_secret_is_taken_up_when_the_authorization_server_has_it(start, stand_in, secret_file):
    server = start(cache_seconds=0)
    token = stand_in.issue()
    _write(secret_file, "the-secret-of-tomorrow")
    assert server.post(token).status_code == 200, "the authorization server has the former one"
    assert len(stand_in.forms) == 1
    stand_in.secret = "the-secret-of-tomorrow"
    assert [server.post(token).status_code for _ in range(3)] == [200] * 3
    assert [form["client_secret"] for form in stand_in.forms][1:] == [SECRET, *[stand_in.secret] * 3]


@pytest.mark.parametrize("content", [None, "", "two\nlines", SECRET])
def test_without_another_secret_the_refusal_stands_and_the_server_goes_on(
    start, stand_in, secret_file, content
):
    server = start(cache_seconds=0)
    token = stand_in.issue()
    stand_in.secret = "of-somebody-else"
    if content is None:
        secret_file.unlink()
    else:
        _write(secret_file, content)
    assert server.post(token).status_code == 503
    assert server.audit()[-1]["reason"] == "authorization_server_status:401"
    stand_in.secret = SECRET
    assert server.post(token).status_code == 200


@pytest.mark.parametrize(("seconds", "asked"), [(3, 1), (0, 5)])
def test_a_bad_token_is_asked_about_once_and_believed_to_be_bad_for_a_moment_only(
    start, stand_in, monkeypatch, seconds, asked
):
    now = 1000.0
    monkeypatch.setattr(token_cache, "monotonic", lambda: now)
    server = start(cache_seconds=seconds)
    assert [server.post("later").status_code for _ in range(5)] == [401] * 5
    assert len(stand_in.forms) == asked
    assert {line["reason"] for line in server.audit()} == {"inactive"}
    stand_in.issue("later")
    now += 1.1
    assert server.post("later").status_code == 200


def test_who_guesses_tokens_is_soon_asked_about_no_more(start, stand_in, monkeypatch):
    now = 1000.0
    for module in (allowance, token_cache):
        monkeypatch.setattr(module, "monotonic", lambda: now)
    server = start()
    known = stand_in.issue("known")
    assert server.post(known).status_code == 200
    statuses = [server.post(f"guess-{number}").status_code for number in range(120)]
    assert statuses == [401] * 100 + [429] * 20
    assert len(stand_in.forms) == 101
    answer = server.post("guess")
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["error"] == "too_many_requests"
    assert "WWW-Authenticate" not in answer.headers, "nothing is known of the token"
    assert server.post(known).status_code == 200, "a token that is known needs no question"
    now += 0.11
    assert server.post("guess-again").status_code == 401


def test_on_one_machine_nobody_pays_for_the_guesses_of_another_user(start, stand_in, monkeypatch):
    user = 1000
    monkeypatch.setattr(allowance, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(verifier.loopback, "user_at", lambda *_: user)
    server = start()
    assert {server.post(f"guess-{number}").status_code for number in range(120)} == {401, 429}
    good = stand_in.issue()
    assert server.post(good).status_code == 429
    user = 1001
    assert server.post(good).status_code == 200


def test_behind_a_proxy_nobody_pays_for_the_guesses_of_another(start, stand_in):
    server = start(url="https://mcp.example.org/mcp", introspection_client_id="http://localhost:3000/mcp")
    headers = {"Host": "mcp.example.org"}
    statuses = {server.post(f"guess-{number}", headers=headers).status_code for number in range(120)}
    assert statuses == {401}
    good = stand_in.issue(aud="https://mcp.example.org/mcp")
    assert server.post(good, headers=headers).status_code == 200


def test_the_cache_is_bounded_and_holds_no_token(start, stand_in, monkeypatch):
    monkeypatch.setattr(verifier, "CACHE_ENTRIES", 2)
    server = start(cache_seconds=60)
    for token in ("one", "two", "three", "one"):
        server.post(stand_in.issue(token))
    assert [form["token"] for form in stand_in.forms] == ["one", "two", "three", "one"]


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
        OSError("of the system"),
        httpx2.ReadError("cut off"),
        httpx2.Response(503, text="starting"),
        httpx2.Response(401, json={"error": "invalid_client"}),
        httpx2.Response(302, headers={"Location": "http://elsewhere/"}),
        httpx2.Response(200, text="<html>a proxy"),
        httpx2.Response(200, json=["active"]),
        httpx2.Response(200, text='{"active": true, "exp": Infinity}'),
        httpx2.Response(200, text='{"active": true, "x": ' + "[" * 5000 + "]" * 5000 + "}"),
    ],
    ids=lambda failure: str(getattr(failure, "status_code", type(failure).__name__)),
)
def test_an_outage_is_503_and_ends_by_itself(server, stand_in, failure):
    token = stand_in.issue()
    stand_in.failure = failure
    answer = server.post(token)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "WWW-Authenticate" not in answer.headers, "a client would throw a good token away"
    assert server.audit()[-1]["reason"].startswith("authorization_server_")
    stand_in.failure = None
    assert server.post(token).status_code == 200


def test_an_outage_asks_nothing_of_who_has_no_token(server, stand_in):
    stand_in.failure = httpx2.ConnectError("refused")
    assert server.post().status_code == 401


def test_a_kept_connection_that_was_closed_is_tried_once_more(server, stand_in, monkeypatch):
    token = stand_in.issue()
    answer = type(stand_in).handle_async_request
    seen = []

    async def closed_first(self, request):
        seen.append(request)
        if len(seen) == 1:
            raise httpx2.RemoteProtocolError("closed")
        return await answer(self, request)

    monkeypatch.setattr(type(stand_in), "handle_async_request", closed_first)
    assert server.post(token).status_code == 200
    assert len(seen) == 2


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "dir"])
def test_a_jwt_that_anybody_could_have_signed_is_not_even_asked_about(server, stand_in, algorithm):
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).rstrip(b"=").decode()
    token = stand_in.issue(f"{header}.e30.c2ln")
    assert server.post(token).status_code == 401
    assert stand_in.forms == []
    assert server.audit("refusal")[0]["reason"] == "forbidden_algorithm"
