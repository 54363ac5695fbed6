"""What the server of a running stack refuses, whoever signed it: status, challenge, body and audit trail.

The attacker of these tests has a key that Keycloak and its key set vouch for, so a token is wrong in one thing only.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from provision.verify.challenge import Challenge, bearer_challenge
from tests.support.protected_stack import CLIENT, ProtectedStack, protected
from tests.support.signing_key import SigningKey, claims_of, compact, header_of, hs256
from tests.support.stack_cli import StackCli, kill, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.raw_http import Answer

_FURTHER = "mcp:math:multiply"
_STACK = f"""\
config:
  provision:profile: test
  provision:realm: {{name: mcp-test, accessTokenLifespan: 3600}}
  provision:rules: {{levels: {{access-token-lifespan: advisory}}}}
  provision:server:
    verifier: VERIFIER
    cacheSeconds: 0
    toolScopes: {{multiply_numbers: ["{_FURTHER}"]}}
"""
_BODIES = {
    400: ("invalid_request", "The Authorization header is malformed."),
    401: ("invalid_token", "A valid access token for this resource is needed."),
    403: ("insufficient_scope", "The access token lacks a scope that this resource needs."),
    421: ("misdirected_request", "The Host header does not name this server."),
    503: ("temporarily_unavailable", "Access tokens cannot be checked at the moment; try again."),
}
_FORBIDDEN_ORIGIN = ("forbidden_origin", "The Origin header names a site that may not call this server.")
_ASKED = "introspection"
_HOUR = 3600
_SIGNATURE_CHARACTERS = 43
_KEY_SET_SECONDS = 15
_OF_ITS_OWN = {"date", "x-correlation-id"}


@pytest.fixture(scope="module", params=[_ASKED, "jwt"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """A stack whose server checks tokens in one of the two ways."""
    stack = StackCli(tmp_path_factory.mktemp(request.param))
    (stack.project / "Pulumi.test.yaml").write_text(_STACK.replace("VERIFIER", request.param))
    stack.run("up")
    yield stack
    stack.throw_away()


@pytest.fixture(scope="module")
def attacked(stack: StackCli) -> Iterator[ProtectedStack]:
    verifier = "jwt" if "verifier: jwt" in (stack.project / "Pulumi.test.yaml").read_text() else _ASKED
    with protected(stack, verifier) as attacked:
        # The key set that the server has from its start may be some seconds old before it asks for it again.
        until(lambda: attacked.call(attacked.forge()).status == 200, "the key is known", _KEY_SET_SECONDS)
        yield attacked


@pytest.fixture(autouse=True)
def and_the_good_token_still_works(attacked: ProtectedStack) -> Iterator[None]:
    """No attack shuts the rightful user out."""
    yield
    assert_served(attacked, attacked.tokens.access)


def assert_served(attacked: ProtectedStack, token: str, tool: str = "add_numbers") -> None:
    answer = attacked.call(token, tool)
    assert answer.status == 200, answer.body
    assert '"result":42' in answer.body
    line = attacked.audited(answer)
    assert (line["decision"], line["tool"], line["outcome"]) == ("allowed", tool, "ok")
    assert (line["subject"], line["client"]) == (claims_of(token)["sub"], CLIENT)


def assert_refused(
    attacked: ProtectedStack,
    answer: Answer,
    status: int,
    reason: str,
    *secrets: str,
    body: tuple[str, str] | None = None,
) -> None:
    """The status, a body that is the same for everybody, and the reason in the audit trail only."""
    assert answer.status == status, answer.body
    document = json.loads(answer.body)
    name = answer.headers["X-Correlation-ID"]
    error, description = body or _BODIES[status]
    assert document == {"error": error, "error_description": description, "correlation_id": name}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    line = attacked.audited(answer)
    assert (line["event"], line["decision"], line["status"]) == ("refusal", "refused", status)
    assert line["reason"] == reason
    assert set(line) == {
        *("time", "event", "decision", "reason", "status"),
        *("subject", "client", "scopes", "tool", "duration_ms", "correlation_id"),
    }
    for secret in secrets:
        assert secret not in answer.everything
        assert secret not in attacked.log()


def bearer(answer: Answer) -> Challenge | None:
    lines = answer.headers.get_all("WWW-Authenticate") or []
    assert len(lines) <= 1
    return bearer_challenge(lines[0]) if lines else None


def assert_refused_token(
    attacked: ProtectedStack, token: str, *, asked: str, signed: str, status: int = 401
) -> None:
    """Refused for the reason that each of the two verifiers finds first."""
    answer = attacked.call(token)
    reason = asked if attacked.verifier == _ASKED else signed
    assert_refused(attacked, answer, status, reason, token, *pieces(token))
    error = "invalid_token" if status == 401 else "insufficient_scope"
    assert bearer(answer) == Challenge(attacked.resource_metadata, ("mcp:tools",), error)
    if status == 401:
        assert alike(answer) == alike(attacked.call("garbage")), "whatever is wrong, the answer is the same"
    line = attacked.audited(answer)
    known = (claims_of(token)["sub"], CLIENT) if status == 403 else (None, None)
    assert (line["subject"], line["client"]) == known


def alike(answer: Answer) -> list[tuple[str, str]]:
    """The headers of an answer but for those that no two answers share."""
    return [(name, value) for name, value in answer.headers.items() if name not in _OF_ITS_OWN]


def pieces(token: str) -> list[str]:
    """The parts of a token by which it could be recognised."""
    return [part for part in token.split(".") if len(part) >= _SIGNATURE_CHARACTERS]


def test_a_genuine_token_is_accepted(attacked):
    assert_served(attacked, attacked.tokens.access)


def test_the_same_claims_under_another_key_of_the_realm_are_accepted(attacked):
    token = attacked.forge()
    assert claims_of(token) == attacked.claims
    assert header_of(token)["kid"] != header_of(attacked.tokens.access)["kid"]
    assert_served(attacked, token)


# No token, or none that can be read


@pytest.mark.parametrize("query", ["", "access_token", "token"])
def test_without_a_token_in_the_header_there_is_a_challenge_and_no_error(attacked, query):
    answer = attacked.post(query=f"?{query}={attacked.tokens.access}" if query else "")
    assert_refused(attacked, answer, 401, "no_token", attacked.tokens.access)
    assert bearer(answer) == Challenge(attacked.resource_metadata, ("mcp:tools",), "")


@pytest.mark.parametrize("value", ["", "Basic ZGVtbzpkZW1v", "DPoP {}", "{}", "Token {}"])
def test_another_scheme_is_no_token(attacked, value):
    answer = attacked.post(("Authorization", value.format(attacked.tokens.access)))
    assert_refused(attacked, answer, 401, "no_token", attacked.tokens.access)
    assert bearer(answer) == Challenge(attacked.resource_metadata, ("mcp:tools",), "")


@pytest.mark.parametrize(
    "shape",
    [
        "Bearer",
        "Bearer ",
        "Bearer {} {}",
        "Bearer {},Bearer {}",
        "Bearer {}, Basic ZGVtbzpkZW1v",
        "Bearer\t{}",
        'Bearer "{}"',
        "Bearer token={}",
        "Bearer {}é",
        "Bearer {}=x",
    ],
)
def test_a_header_that_is_malformed_is_a_bad_request(attacked, shape):
    token = attacked.tokens.access
    name, _, value = f"Authorization: {shape}".partition(": ")
    answer = attacked.post((name, value.replace("{}", token).encode()))
    assert_malformed(attacked, answer, token)


def test_a_header_that_is_folded_over_two_lines_is_no_header_at_all(attacked):
    """RFC 9112 section 5.2; the bytes are refused before anything is a request, so there is no line in the audit trail."""
    before, token = attacked.log(), attacked.tokens.access
    answer = attacked.post(("Authorization", f"Bearer {token}\r\n {token}".encode()))
    assert answer.status == 400, answer.body
    assert token not in answer.body
    assert '"event"' not in attacked.log().removeprefix(before)
    assert token not in attacked.log()


def test_two_authorization_headers_are_a_bad_request_though_both_are_good(attacked):
    header = ("Authorization", f"Bearer {attacked.tokens.access}")
    assert_malformed(attacked, attacked.post(header, header), attacked.tokens.access)
    other = ("authorization", f"Bearer {attacked.forge()}")
    assert_malformed(attacked, attacked.post(header, other), attacked.tokens.access)


def test_a_token_of_more_than_16_kib_is_a_bad_request(attacked):
    token = attacked.forge(padding="x" * 16 * 1024)
    assert_malformed(attacked, attacked.call(token), *pieces(token))


def assert_malformed(attacked: ProtectedStack, answer: Answer, *secrets: str) -> None:
    assert_refused(attacked, answer, 400, "malformed_authorization_header", *secrets)
    assert bearer(answer) == Challenge(attacked.resource_metadata, (), "invalid_request")


def test_a_header_of_a_megabyte_is_cut_off_before_anything_looks_at_it(attacked):
    before, parts = attacked.log(), urlsplit(attacked.target.server_url)
    token = attacked.tokens.access.encode()
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer ".encode()
        try:
            connection.sendall(head + token + b"x" * 1024 * 1024)
            answer = connection.recv(65536)
        except ConnectionError:  # the server closed it while the header was still coming
            answer = b""
    assert not answer or answer.startswith(b"HTTP/1.1 431 "), answer
    assert token not in answer
    assert '"event"' not in attacked.log().removeprefix(before), "it did not get as far as the audit trail"
    assert attacked.tokens.access not in attacked.log()


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "...", "e30.e30.", "W10.W10.c2ln", "A" * 16_000])
def test_garbage_is_refused(attacked, token):
    answer = attacked.call(token)
    not_json = "forbidden_algorithm" if token == "e30.e30." else "not_a_jwt"
    asked = "forbidden_algorithm" if token == "e30.e30." else "inactive"
    assert_refused(attacked, answer, 401, asked if attacked.verifier == _ASKED else not_json)
    assert bearer(answer) == Challenge(attacked.resource_metadata, ("mcp:tools",), "invalid_token")


# Signatures


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "genuine"])
def test_a_token_that_says_it_needs_no_signature_is_refused(attacked, algorithm, signature):
    header = {**header_of(attacked.tokens.access), "alg": algorithm}
    token = compact(header, attacked.claims, lambda _: b"")
    if signature:
        token += attacked.tokens.access.rpartition(".")[2]
    assert_refused_token(attacked, token, asked="forbidden_algorithm", signed="forbidden_algorithm")


def test_a_genuine_token_without_its_signature_is_refused(attacked):
    token = attacked.tokens.access.rpartition(".")[0] + "."
    assert_refused_token(attacked, token, asked="inactive", signed="bad_signature")


def test_a_genuine_signature_under_other_claims_is_refused(attacked):
    head, _, signature = attacked.tokens.access.split(".")
    changed = compact({}, {**attacked.claims, "sub": "somebody-else"}, lambda _: b"").split(".")[1]
    assert_refused_token(attacked, f"{head}.{changed}.{signature}", asked="inactive", signed="bad_signature")


@pytest.mark.parametrize(
    "header",
    [
        lambda key, genuine: {},
        lambda key, genuine: {"kid": genuine},
        lambda key, genuine: {"kid": None},
        lambda key, genuine: {"kid": "../../../../dev/null"},
        lambda key, genuine: {"jwk": key.jwk},
        lambda key, genuine: {"jwk": key.jwk, "kid": genuine},
        lambda key, genuine: {"jku": "http://127.0.0.1:9/keys"},
        lambda key, genuine: {"x5u": "http://127.0.0.1:9/certificate"},
    ],
    ids=["unknown kid", "genuine kid", "no kid", "path as kid", "jwk", "jwk and genuine kid", "jku", "x5u"],
)
def test_the_right_claims_under_a_key_of_nobodys_are_refused(attacked, header):
    stranger = SigningKey()
    changes = header(stranger, header_of(attacked.tokens.access)["kid"])
    token = stranger.sign(attacked.claims, **changes)
    assert_refused_token(attacked, token, asked="inactive", signed="bad_signature")


def test_hmac_with_the_public_key_as_its_secret_is_refused(attacked):
    keys = attacked.admin.get(attacked.target.realm, "keys")["keys"]
    genuine = header_of(attacked.tokens.access)
    public = next(key["publicKey"] for key in keys if key["kid"] == genuine["kid"])
    pem = f"-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n"
    for secret in (public.encode(), pem.encode()):
        token = compact({**genuine, "alg": "HS256"}, attacked.claims, hs256(secret))
        assert_refused_token(attacked, token, asked="forbidden_algorithm", signed="forbidden_algorithm")


@pytest.mark.parametrize("algorithm", ["PS256", "RS512"])
def test_a_key_signs_with_its_own_algorithm_only(attacked, algorithm):
    token = attacked.key.sign(attacked.claims, alg=algorithm)
    assert_refused_token(attacked, token, asked="inactive", signed="bad_signature")


def test_a_key_for_encryption_signs_nothing(attacked):
    token = attacked.encryption_key.sign(attacked.claims)
    assert_refused_token(attacked, token, asked="inactive", signed="bad_signature")


# One claim is wrong, and the signature is good


@dataclass(frozen=True)
class Wrong:
    """A token that is wrong in one thing.

    Args:
        changes: The claims that differ, made when they are needed.
        signed: The server's own finding, once the signature is known to be good.
        asked: What it finds when it asks Keycloak, which may have its own; the same when left out.
    """

    changes: Callable[[ProtectedStack], dict[str, Any]]
    signed: str
    asked: str = ""


def audience(*names: Callable[[str], str]) -> Callable[[ProtectedStack], dict[str, Any]]:
    """Audiences made from the server's URL, and the client that introspects, whom Keycloak tells else nothing."""
    return lambda stack: {
        "aud": [stack.target.introspection_client_id, *(name(stack.target.server_url) for name in names)]
    }


_WRONG = {
    "expired": Wrong(lambda _: {"exp": int(time.time()) - 1}, "expired", "inactive"),
    "expired long ago": Wrong(lambda _: {"exp": 1}, "expired", "inactive"),
    "without an end": Wrong(lambda _: {"exp": None}, "no_expiry"),
    "not yet valid": Wrong(lambda _: {"nbf": int(time.time()) + _HOUR}, "not_yet_valid", "inactive"),
    "of another issuer": Wrong(
        lambda _: {"iss": "https://login.example.com/realms/mcp-test"}, "wrong_issuer", "inactive"
    ),
    "issuer with a slash": Wrong(
        lambda stack: {"iss": f"{stack.target.issuer}/"}, "wrong_issuer", "inactive"
    ),
    "issuer by another name": Wrong(
        lambda stack: {"iss": stack.target.issuer.replace("localhost", "127.0.0.1")},
        "wrong_issuer",
        "inactive",
    ),
    "without an issuer": Wrong(lambda _: {"iss": None}, "wrong_issuer", "inactive"),
    "of another audience": Wrong(lambda _: {"aud": "https://other.example/mcp"}, "wrong_audience", "inactive"),
    "without an audience": Wrong(lambda _: {"aud": None}, "wrong_audience", "inactive"),
    "many audiences, not us": Wrong(
        audience(lambda _: "https://other.example/mcp", lambda _: "account"), "wrong_audience"
    ),
    "for the introspection client alone": Wrong(audience(), "wrong_audience"),
    "for the parent of our URL": Wrong(audience(lambda url: url.removesuffix("/mcp")), "wrong_audience"),
    "for the parent with its slash": Wrong(audience(lambda url: url.removesuffix("mcp")), "wrong_audience"),
    "for our URL with a slash": Wrong(audience(lambda url: f"{url}/"), "wrong_audience"),
    "for what our URL begins": Wrong(audience(lambda url: f"{url}/admin"), "wrong_audience"),
    "for our URL in capitals": Wrong(audience(str.upper), "wrong_audience"),
    "bound to a key": Wrong(lambda _: {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}, "bound_to_a_key"),
    "an ID token by its type": Wrong(lambda _: {"typ": "ID"}, "wrong_token_type"),
    "a refresh token by its type": Wrong(lambda _: {"typ": "Refresh"}, "wrong_token_type"),
    "of no type": Wrong(lambda _: {"typ": None}, "wrong_token_type"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", _WRONG.values(), ids=_WRONG)
def test_one_wrong_claim_is_enough(attacked, wrong):
    token = attacked.forge(**wrong.changes(attacked))
    assert_refused_token(attacked, token, asked=wrong.asked or wrong.signed, signed=wrong.signed)


@pytest.mark.parametrize(
    "scope", ["openid email", "", None, "mcp:tool mcp:tools2", "MCP:TOOLS", "mcp:tools,"]
)
def test_a_token_without_the_scope_lacks_permission(attacked, scope):
    token = attacked.forge(scope=scope)
    assert_refused_token(attacked, token, asked="insufficient_scope", signed="insufficient_scope", status=403)


def test_a_tools_own_scope_is_asked_for_with_all_that_the_call_needs(attacked):
    for token in (attacked.tokens.access, attacked.forge()):
        answer = attacked.call(token, "multiply_numbers")
        assert_refused(attacked, answer, 403, "insufficient_scope", token)
        wanted = ("mcp:tools", _FURTHER)
        assert bearer(answer) == Challenge(attacked.resource_metadata, wanted, "insufficient_scope")
    assert_served(attacked, attacked.forge(scope=f"mcp:tools {_FURTHER}"), "multiply_numbers")


def test_a_tools_own_scope_does_not_take_the_place_of_the_servers(attacked):
    token = attacked.forge(scope=_FURTHER)
    answer = attacked.call(token, "multiply_numbers")
    assert_refused(attacked, answer, 403, "insufficient_scope", token)


# Genuine tokens that are not for this


def test_an_id_token_is_no_access_token(attacked):
    token = attacked.tokens.id
    assert header_of(token)["kid"] == header_of(attacked.tokens.access)["kid"], "the key is good"
    assert_refused_token(attacked, token, asked="inactive", signed="wrong_audience")


def test_a_refresh_token_is_no_access_token(attacked):
    token = attacked.tokens.refresh
    assert_refused_token(attacked, token, asked="forbidden_algorithm", signed="forbidden_algorithm")


def test_a_token_of_another_realm_with_the_same_key_is_refused(attacked):
    with other_realm(attacked) as token:
        claims, ours = claims_of(token), attacked.claims
        assert header_of(token)["kid"] == attacked.key.kid
        assert {*ours["aud"]} <= {*claims["aud"]}
        assert "mcp:tools" in claims["scope"].split()
        assert_refused_token(attacked, token, asked="inactive", signed="wrong_issuer")


@contextmanager
def other_realm(attacked: ProtectedStack) -> Iterator[str]:
    """A token that another realm of the same Keycloak made for our server, with a key that ours vouches for too."""
    realm = "elsewhere"
    mappers = [
        {
            "name": name,
            "protocol": "openid-connect",
            "protocolMapper": "oidc-audience-mapper",
            "config": {"included.custom.audience": name, "access.token.claim": "true"},
        }
        for name in attacked.claims["aud"]
    ]
    scope = {
        "name": "mcp:tools",
        "protocol": "openid-connect",
        "attributes": {"include.in.token.scope": "true"},
        "protocolMappers": mappers,
    }
    document = {
        "realm": realm,
        "enabled": True,
        "components": {"org.keycloak.keys.KeyProvider": [attacked.key.component]},
        "clientScopes": [scope],
        "clients": [service_account(defaultClientScopes=["mcp:tools"])],
    }
    attacked.admin.post("", body=document)
    try:
        yield service_token(f"{attacked.target.connection.url}/realms/{realm}")
    finally:
        attacked.admin.delete(realm)


def service_account(**more: Any) -> dict[str, Any]:
    return {
        "clientId": "a-service",
        "secret": "only-for-the-moment-of-this-test",
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        **more,
    }


def service_token(issuer: str, **headers: str) -> str:
    client = service_account()
    form = {
        "grant_type": "client_credentials",
        "client_id": client["clientId"],
        "client_secret": client["secret"],
    }
    answer = httpx.post(f"{issuer}/protocol/openid-connect/token", data=form, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def test_a_genuine_token_that_is_bound_to_a_key_is_refused_without_its_proof(attacked):
    admin, realm = attacked.admin, attacked.target.realm
    bound = service_account(
        defaultClientScopes=["basic", "mcp:tools"], attributes={"dpop.bound.access.tokens": "true"}
    )
    client = admin.post(realm, "clients", body=bound)
    try:
        url = f"{attacked.target.issuer}/protocol/openid-connect/token"
        token = service_token(attacked.target.issuer, DPoP=proof_of_possession(url))
        claims = claims_of(token)
        assert claims["cnf"]["jkt"]
        assert "mcp:tools" in claims["scope"].split()
        assert attacked.target.server_url in claims["aud"]
        reason = "wrong_token_type" if claims["typ"] == "DPoP" else "bound_to_a_key"
        assert_refused_token(attacked, token, asked=reason, signed=reason)
    finally:
        admin.delete(realm, "clients", client)


def proof_of_possession(url: str) -> str:
    """A DPoP proof (RFC 9449 section 4.2)."""
    key, now = SigningKey(), int(time.time())
    jwk = {name: value for name, value in key.jwk.items() if name in {"kty", "n", "e"}}
    claims = {"jti": f"proof-{now}", "htm": "POST", "htu": url, "iat": now}
    return key.sign(claims, typ="dpop+jwt", jwk=jwk)


# Tokens that were good before


def assert_known_to_keycloak_only(attacked: ProtectedStack, token: str) -> None:
    """Who asks hears of it at once; who looks at the signature accepts the token until it expires."""
    if attacked.verifier == _ASKED:
        assert_refused_token(attacked, token, asked="inactive", signed="")
    else:
        assert_served(attacked, token)


def test_a_revoked_token_is_refused_by_who_asks(attacked):
    tokens = attacked.log_in()
    assert_served(attacked, tokens.access)
    attacked.at_keycloak("revoke", token=tokens.access, token_type_hint="access_token")
    assert_known_to_keycloak_only(attacked, tokens.access)


def test_a_token_is_over_with_the_login_for_who_asks(attacked):
    tokens = attacked.log_in()
    assert_served(attacked, tokens.access)
    attacked.at_keycloak("logout", refresh_token=tokens.refresh)
    assert_known_to_keycloak_only(attacked, tokens.access)


def test_a_token_of_a_disabled_user_is_refused_by_who_asks(attacked):
    admin, realm = attacked.admin, attacked.target.realm
    (user,) = admin.get(realm, "users", username=attacked.target.demo_username, exact="true")
    with disabled(attacked, "users", user):
        assert_known_to_keycloak_only(attacked, attacked.tokens.access)


def test_a_token_of_a_disabled_client_is_refused_by_who_asks(attacked):
    (client,) = attacked.admin.get(attacked.target.realm, "clients", clientId=CLIENT)
    with disabled(attacked, "clients", client):
        assert_known_to_keycloak_only(attacked, attacked.tokens.access)


@contextmanager
def disabled(attacked: ProtectedStack, place: str, body: dict[str, Any]) -> Iterator[None]:
    path = (attacked.target.realm, place, body["id"])
    attacked.admin.put(*path, body={**body, "enabled": False})
    try:
        yield
    finally:
        attacked.admin.put(*path, body=body)


# The request comes from where it should not


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example"])
def test_a_foreign_page_may_not_call_with_a_good_token(attacked, origin):
    answer = attacked.post(("Origin", origin), ("Authorization", f"Bearer {attacked.tokens.access}"))
    assert_refused(attacked, answer, 403, "foreign_origin", attacked.tokens.access, body=_FORBIDDEN_ORIGIN)
    assert bearer(answer) is None
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "169.254.169.254"])
def test_a_foreign_name_of_ours_is_misdirected_with_a_good_token(attacked, host):
    answer = attacked.post(("Authorization", f"Bearer {attacked.tokens.access}"), host=host)
    assert_refused(attacked, answer, 421, "foreign_host", attacked.tokens.access)
    assert bearer(answer) is None


# Keycloak is away


def assert_unavailable(attacked: ProtectedStack, token: str, reason: str) -> None:
    """Nobody is let in, and nobody is told that a token is bad."""
    answer = attacked.call(token)
    assert_refused(attacked, answer, 503, reason, token)
    assert int(answer.headers["Retry-After"]) > 0
    assert bearer(answer) is None, "a client would throw a good token away"


def assert_an_outage(attacked: ProtectedStack, reason: str) -> None:
    """Who asks has no answer for whoever has a token; who knows the keys goes on."""
    unknown = SigningKey().sign(attacked.claims)
    if attacked.verifier == _ASKED:
        for token in (attacked.tokens.access, attacked.forge(exp=1), unknown, "garbage"):
            assert_unavailable(attacked, token, f"authorization_server_unreachable:{reason}")
    else:
        assert_served(attacked, attacked.tokens.access)
        assert_refused_token(attacked, attacked.forge(exp=1), asked="", signed="expired")
        assert attacked.call(unknown).status in {401, 503}
    assert_refused(attacked, attacked.post(), 401, "no_token")
    unsigned = compact({"alg": "none"}, attacked.claims, lambda _: b"")
    assert attacked.call(unsigned).status == 401


def assert_recovered(attacked: ProtectedStack) -> None:
    """Good tokens are served and bad ones refused again; a failure to fetch the key set is remembered for a second."""
    assert_served(attacked, attacked.tokens.access)
    unknown = SigningKey().sign(attacked.claims)
    until(lambda: attacked.call(unknown).status == 401, "the key set can be had again", 5)


def test_while_keycloak_hangs_nobody_is_let_in_who_must_be_asked_about(attacked):
    pids = attacked.stack.processes()
    os.kill(pids["keycloak"], signal.SIGSTOP)
    try:
        assert_an_outage(attacked, "ReadTimeout")
    finally:
        os.kill(pids["keycloak"], signal.SIGCONT)
    assert_recovered(attacked)
    assert attacked.stack.processes() == pids


def test_a_killed_keycloak_lets_nobody_in_and_needs_no_new_server_when_it_is_back(attacked):
    pids = attacked.stack.processes()
    kill(pids["keycloak"])
    try:
        assert_an_outage(attacked, "ConnectError")
    finally:
        attacked.stack.run("up")
    assert_recovered(attacked)
    after = attacked.stack.processes()
    assert after["calculator"] == pids["calculator"]
    assert after["keycloak"] != pids["keycloak"]
