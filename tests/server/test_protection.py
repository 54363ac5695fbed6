"""What a client without a good token gets to see, and what no request may do."""

from __future__ import annotations

import httpx2
import pytest

METADATA = "http://localhost:3000/.well-known/oauth-protected-resource/mcp"
ORIGIN = {"Origin": "http://evil.example"}


@pytest.mark.parametrize(
    "path", ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"]
)
def test_the_metadata_names_resource_and_issuer_exactly(server, path):
    answer = server.http.get(path)
    assert answer.status_code == 200
    assert answer.json() == {
        "resource": "http://localhost:3000/mcp",
        "authorization_servers": ["http://localhost:8080/realms/mcp"],
        "scopes_supported": ["mcp:tools"],
        "bearer_methods_supported": ["header"],
        "resource_name": "demo",
    }
    assert answer.headers["Access-Control-Allow-Origin"] == "*", "clients in a browser read it"


def test_an_issuer_without_a_path_gets_no_slash(start):
    server = start(issuer="https://login.example.com")
    answer = server.http.get("/.well-known/oauth-protected-resource/mcp")
    assert answer.json()["authorization_servers"] == ["https://login.example.com"]


def test_a_resource_below_a_path_is_served_and_described_there(start, stand_in):
    server = start(url="http://localhost:3000/team/mcp")
    answer = server.post(url="/team/mcp")
    place = "http://localhost:3000/.well-known/oauth-protected-resource/team/mcp"
    assert f'resource_metadata="{place}"' in answer.headers["WWW-Authenticate"]
    assert server.http.get(place).json()["resource"] == "http://localhost:3000/team/mcp"
    token = stand_in.issue(aud="http://localhost:3000/team/mcp")
    assert server.post(token, url="/team/mcp").status_code == 200


def test_the_metadata_needs_no_authorization_server(server, stand_in):
    stand_in.failure = httpx2.ConnectError("refused")
    answer = server.http.get("/.well-known/oauth-protected-resource", headers={"Authorization": "Bearer any"})
    assert answer.status_code == 200


def test_no_token_gets_a_challenge_without_an_error(server):
    answer = server.post()
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'scope="mcp:tools"' in challenge
    assert f'resource_metadata="{METADATA}"' in challenge
    assert "error" not in challenge
    assert "offline_access" not in challenge


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_every_method_needs_a_token(server, method):
    assert server.http.request(method, "/mcp").status_code == 401


@pytest.mark.parametrize("query", ["access_token=good-token", "token=good-token"])
def test_a_token_in_the_query_is_ignored(server, stand_in, query):
    stand_in.issue()
    assert server.post(url=f"/mcp?{query}").status_code == 401
    assert stand_in.forms == []


def test_a_token_in_the_query_does_not_take_the_place_of_the_header(server, stand_in):
    stand_in.issue()
    assert server.post("another", url="/mcp?access_token=good-token").status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer a,b",
        "bearer\ta",
        'Bearer "a"',
        "Bearer é",
        "Bearer " + "a" * 20_000,
    ],
    ids=lambda header: header[:12],
)
def test_a_malformed_header_is_400(server, stand_in, header):
    answer = server.post(headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 400
    assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]
    assert answer.json()["error"] == "invalid_request"
    assert server.audit()[-1]["reason"] == "malformed_authorization_header"
    assert stand_in.forms == []


@pytest.mark.parametrize("header", ["Basic Z29vZDp0b2tlbg==", "DPoP good-token", "good-token"])
def test_another_scheme_counts_as_no_token(server, stand_in, header):
    stand_in.issue()
    answer = server.post(headers={"Authorization": header})
    assert answer.status_code == 401
    assert stand_in.forms == []


def test_the_scheme_is_not_case_sensitive(server, stand_in):
    assert server.post(headers={"Authorization": f"bEARER  {stand_in.issue()}"}).status_code == 200


def test_a_malformed_message_is_400(server, stand_in):
    answer = server.http.post(
        "/mcp",
        headers={
            "Authorization": f"Bearer {stand_in.issue()}",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
        },
        content=b"{not json",
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost.evil.example", "https://127.0.0.1.x"]
)
def test_a_foreign_origin_is_403_even_with_a_good_token(server, stand_in, origin):
    answer = server.post(stand_in.issue(), headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["error"] == "forbidden_origin"
    assert server.audit()[-1]["reason"] == "foreign_origin"
    assert stand_in.forms == []


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://localhost:6274", "http://127.0.0.1:8000"]
)
def test_a_loopback_origin_may_call_a_loopback_server(server, stand_in, origin):
    assert server.post(stand_in.issue(), headers={"Origin": origin}).status_code == 200


def test_an_allowed_origin_may_call_and_read(start, stand_in):
    server = start(allowed_origins=["https://inspector.example"])
    answer = server.post(stand_in.issue(), headers={"Origin": "https://inspector.example"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://inspector.example"
    assert server.post(stand_in.issue(), headers=ORIGIN).status_code == 403


def test_an_allowed_origin_can_read_the_challenge(start):
    server = start(allowed_origins=["https://inspector.example"])
    origin = {"Origin": "https://inspector.example"}
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    assert server.http.options("/mcp", headers={**origin, **preflight}).status_code == 200
    assert server.http.options("/mcp", headers={**ORIGIN, **preflight}).status_code == 403
    answer = server.post(headers=origin)
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:3000", "169.254.169.254"])
def test_a_foreign_host_is_421(server, stand_in, host):
    answer = server.post(stand_in.issue(), headers={"Host": host})
    assert answer.status_code == 421
    assert server.audit()[-1]["reason"] == "foreign_host"


def test_the_host_of_the_public_url_is_known(start, stand_in):
    server = start(url="https://mcp.example.com/mcp")
    token = stand_in.issue(aud="https://mcp.example.com/mcp")
    assert server.post(token, headers={"Host": "mcp.example.com"}).status_code != 421


def test_refusals_look_alike_and_carry_the_correlation_id(server, stand_in):
    answers = [
        server.post(),
        server.post("garbage"),
        server.post(stand_in.issue(iss="http://other")),
        server.post(headers=ORIGIN),
        server.post(headers={"Host": "evil.example"}),
    ]
    for answer, line in zip(answers, server.audit("refusal"), strict=True):
        assert set(answer.json()) == {"error", "error_description", "correlation_id"}
        assert answer.json()["correlation_id"] == answer.headers["X-Correlation-ID"] == line["correlation_id"]
    assert answers[1].json()["error_description"] == answers[2].json()["error_description"]


def test_health_needs_no_token_and_no_known_host(server):
    for headers in ({}, {"Host": "10.1.2.3:3000"}, {"Authorization": "Bearer garbage"}):
        assert server.http.get("/health/live", headers=headers).json() == {"status": "live"}
        assert server.http.get("/health/ready", headers=headers).json() == {"status": "ready"}


@pytest.mark.parametrize("verifier", ["introspection", "jwt"])
def test_not_ready_while_tokens_cannot_be_checked(start, stand_in, verifier, monkeypatch):
    monkeypatch.setattr("provision.server.edge._NOT_READY_SECONDS", 0)
    monkeypatch.setattr("provision.server.key_set._KEYS_SECONDS", 0)
    server = start(verifier=verifier)
    stand_in.failure = httpx2.ConnectError("refused")
    assert server.http.get("/health/ready").status_code == 503
    assert server.http.get("/health/live").status_code == 200
    stand_in.failure = None
    assert server.http.get("/health/ready").status_code == 200


def test_not_ready_with_a_wrong_secret(start, secret_file):
    secret_file.chmod(0o600)
    secret_file.write_text("another")
    secret_file.chmod(0o400)
    answer = start().http.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "authorization_server_status:401"


def test_readiness_does_not_pass_every_question_on(server, stand_in):
    for _ in range(5):
        server.http.get("/health/ready")
    assert len(stand_in.forms) == 1
