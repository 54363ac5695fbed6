"""What servers answer, read strictly."""

from __future__ import annotations

import base64
import json
import os
from contextlib import nullcontext
from dataclasses import replace

import httpx
import pytest

from provision.verify.access_token import claims
from provision.verify.challenge import bearer_challenge
from provision.verify.connection import json_object, refusal, well_known
from provision.verify.errors import Failed
from provision.verify.html_page import read_page
from provision.verify.mcp_session import McpSession, ask, let_in
from provision.verify.proofs import authorization_server_metadata, login_pre_registered
from provision.verify.refusal import must_be_401
from provision.verify.temporary import PREFIX, Maker
from tests.unit.verify.samples import TARGET

LOGIN = """<html><head><link rel="stylesheet"><title>x</title></head><body>
<h1 id="kc-page-title">  Sign in to
 your account </h1><span id="input-error" class="e">Invalid <b>username</b> or password.<br></span>
<form id="kc-form-login" action="/realms/mcp/login?code=a&amp;tab=b" method="post">
<input name="username" value="demo"><input type="password" name="password">
<button type="button" aria-label="Show"></button>
<input type="hidden" name="credentialId" value=""/><button name="login" type="submit">Sign In</button></form>
<form action="/other"><input name="locale" value="en"></form></body></html>"""


def test_a_login_page_is_read() -> None:
    page = read_page(LOGIN)
    assert page.title == "Sign in to your account"
    assert page.message == "Invalid username or password."
    form = page.form("username", "password")
    assert form is not None
    assert form.action == "/realms/mcp/login?code=a&tab=b"
    assert form.fields == {"username": "demo", "password": "", "credentialId": ""}
    assert form.buttons == {"login": ""}
    assert page.form("accept") is None


def test_a_consent_page_is_read() -> None:
    page = read_page(
        '<form action="a"><input name="code" type="hidden" value="x"><input name="accept" type="submit" value="Yes"></form>'
    )
    form = page.form("accept")
    assert form is not None
    assert (form.fields, form.buttons) == ({"code": "x"}, {"accept": "Yes"})


@pytest.mark.parametrize(
    ("header", "metadata", "scopes", "error"),
    [
        ('Bearer scope="a b", resource_metadata="http://h/x"', "http://h/x", ("a", "b"), ""),
        ('bearer error="invalid_token",error_description="no, scope=\\"z\\""', "", (), "invalid_token"),
        ('Basic realm="x", Bearer scope=a', "", ("a",), ""),
        ("Bearer", "", (), ""),
    ],
)
def test_a_challenge_is_read(header: str, metadata: str, scopes: tuple[str, ...], error: str) -> None:
    found = bearer_challenge(header)
    assert found is not None
    assert (found.resource_metadata, found.scopes, found.error) == (metadata, scopes, error)


@pytest.mark.parametrize("header", ["", 'Basic realm="Bearer"', "DPoP algs=x"])
def test_another_scheme_is_no_bearer_challenge(header: str) -> None:
    assert bearer_challenge(header) is None


def token(document: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()
    return f"x.{part}.y"


def test_claims_are_read() -> None:
    found = claims(token({"iss": "i", "aud": "one", "scope": "a b", "exp": 20, "iat": 10, "sub": "s"}))
    assert (found.issuer, found.audience, found.scopes, found.expires - found.issued) == (
        "i",
        ("one",),
        ("a", "b"),
        10,
    )


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", token([1]), "a.ÿ.c"])
def test_what_is_no_jwt_fails_in_one_line(text: str) -> None:
    with pytest.raises(Failed, match="not a JWT"):
        claims(text)


def test_well_known_addresses_are_path_inserted() -> None:
    assert well_known("http://h:1/realms/r", "x") == "http://h:1/.well-known/x/realms/r"
    assert well_known("http://h:1", "x") == "http://h:1/.well-known/x"


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://login.example.org/token", True),
        ("http://[::1]:8080/token", True),
        ("http://keycloak.localhost:8080/token", True),
        ("http://login.example.org/token", False),
        ("localhost:8080/token", False),
        ("http://[localhost/token", False),
    ],
)
def test_an_endpoint_is_https_or_on_this_machine(address: str, good: bool) -> None:  # noqa: FBT001
    endpoints = dict.fromkeys(authorization_server_metadata._ENDPOINTS, address)
    document = {"issuer": "i", "code_challenge_methods_supported": ["S256"], **endpoints}
    expected = nullcontext() if good else pytest.raises(Failed, match="neither https nor on this machine")
    with expected:
        authorization_server_metadata._examine("u", document, "i")


def test_a_redirect_uri_that_is_no_url_is_not_used_for_a_login() -> None:
    assert login_pre_registered._usable(["http://[x", "https://a.example/"]) == "https://a.example/"


def test_a_refusal_is_told_in_the_servers_words() -> None:
    answer = httpx.Response(403, json={"error": "x", "error_description": "Policy 'Trusted Hosts' said no"})
    assert refusal(answer) == "HTTP 403 (Policy 'Trusted Hosts' said no)"
    with pytest.raises(Failed, match=r"it: HTTP 403 \(Policy"):
        json_object(answer, "it")
    with pytest.raises(Failed, match="not a JSON object"):
        json_object(httpx.Response(200, text="<html>"), "it")


@pytest.mark.parametrize(
    ("status", "inside"),
    [(200, True), (400, True), (404, True), (401, False), (403, False), (500, False), (503, False)],
)
def test_whoever_gets_past_the_authorization_was_let_in(status: int, inside: bool) -> None:  # noqa: FBT001
    assert let_in(httpx.Response(status)) is inside


def test_a_tool_is_called_through_a_stream_of_events_and_through_plain_json() -> None:
    def server(request: httpx.Request) -> httpx.Response:
        message = json.loads(request.content) if request.content else {}
        seen.append((request.method, message.get("method"), request.headers.get("Mcp-Session-Id")))
        match message.get("method"):
            case "initialize":
                answer = {"result": {"protocolVersion": "2025-11-25"}}
                return httpx.Response(200, json={"id": 1, **answer}, headers={"Mcp-Session-Id": "s1"})
            case "tools/list":
                note = 'event: message\r\ndata: {"method":"notifications/x"}\r\n\r\n'
                result = 'data: {"id":2,\r\ndata: "result":{"tools":[{"name":"add"}]}}\r\n\r\n'
                return httpx.Response(200, text=note + result, headers={"content-type": "text/event-stream"})
            case "tools/call":
                return httpx.Response(200, json={"id": 3, "result": {"isError": True}})
        return httpx.Response(202)

    seen: list[tuple[str, str | None, str | None]] = []
    http = httpx.Client(transport=httpx.MockTransport(server))
    with McpSession(http, "http://h/mcp", "t") as session:
        assert session.tools() == ("add",)
        with pytest.raises(Failed, match="add did not give a structured result"):
            session.call("add", {})
    assert seen[0] == ("POST", "initialize", None)
    assert seen[-1] == ("DELETE", None, "s1")
    assert {entry[2] for entry in seen[1:]} == {"s1"}


def test_a_question_without_a_token_has_no_authorization_header() -> None:
    http = httpx.Client(
        transport=httpx.MockTransport(lambda request: httpx.Response(200, json=dict(request.headers)))
    )
    assert "authorization" not in ask(http, "http://h/mcp").json()
    assert ask(http, "http://h/mcp", "t").json()["authorization"] == "Bearer t"


def test_the_maker_of_a_temporary_object_is_read_from_its_name() -> None:
    maker = Maker.this_run()
    assert maker.name().startswith(PREFIX)
    assert Maker.of(maker.name()) == maker
    assert Maker.of(f"{maker.name()} (as VS Code registers)") == maker
    assert Maker.of("mcp-client") is None
    assert Maker.of(f"{PREFIX}by-hand") is None


def test_only_the_objects_of_runs_that_are_over_are_abandoned() -> None:
    now = Maker.this_run()
    dead = 2**22 + 1  # above the highest pid
    assert not now.abandoned(now)
    assert Maker(now.machine, dead, now.time).abandoned(now)
    assert not Maker(now.machine, os.getppid(), now.time).abandoned(now)
    assert not Maker("00000000", dead, now.time).abandoned(now)
    assert Maker("00000000", dead, now.time - 301).abandoned(now)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, "the server let in it (HTTP 200)"),
        (400, "it got HTTP 400, not 401: the server went on to the message"),
    ],
)
def test_an_open_server_of_ones_own_is_told_with_the_remedy(status: int, words: str) -> None:
    remedy = "; put the server behind provision.server.serve, or let it check tokens as docs/servers.md says"
    for target, told in ((TARGET, words + remedy), (replace(TARGET, is_reference=True), words)):
        with pytest.raises(Failed) as caught:
            must_be_401(target, httpx.Response(status), "it")
        assert caught.value.what == told
    with pytest.raises(Failed, match=r"^it got HTTP 503, not 401$"):
        must_be_401(TARGET, httpx.Response(503), "it")
    must_be_401(TARGET, httpx.Response(401), "it")
