"""Tokens are checked by their signature, with the keys of a stand-in for the authorization server."""

from __future__ import annotations

import base64
import hmac
import json
import time

import httpx2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwk
from joserfc.errors import SecurityWarning

from provision.server import claims as claims_module
from provision.server import jwt as jwt_module
from provision.server import key_set, token_cache
from tests.server.conftest import claims_of_a_good_token

ISSUER = "http://localhost:8080/realms/mcp"


def _part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_a_good_token_reaches_the_tools(jwt_server, stand_in):
    assert jwt_server.call(stand_in.sign(), "multiply_numbers", x=2, y=3)["structuredContent"]["result"] == 6


@pytest.mark.parametrize(
    ("kid", "alg"), [("rsa", "RS512"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA"), ("ed", "Ed25519")]
)
def test_the_asymmetric_algorithms_are_accepted(jwt_server, stand_in, kid, alg):
    assert jwt_server.post(stand_in.sign(kid=kid, alg=alg)).status_code == 200


def test_an_rfc_9068_token_needs_no_typ_claim(jwt_server, stand_in):
    assert jwt_server.post(stand_in.sign(typ=None, header={"typ": "at+jwt"})).status_code == 200


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("wrong_issuer", {"iss": "http://localhost:8080/realms/other"}),
        ("wrong_issuer", {"iss": ISSUER + "/"}),
        ("wrong_audience", {"aud": "http://localhost:3000"}),
        ("wrong_audience", {"aud": None}),
        ("expired", {"exp": 1}),
        ("no_expiry", {"exp": None}),
        ("not_yet_valid", {"nbf": 2**40}),
        ("wrong_token_type", {"typ": "Refresh"}),
        ("wrong_token_type", {"typ": "ID"}),
        ("wrong_token_type", {"typ": None}),
        ("bound_to_a_key", {"cnf": {"x5t#S256": "x"}}),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(jwt_server, stand_in, reason, changes):
    answer = jwt_server.post(stand_in.sign(**changes))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert jwt_server.audit()[-1]["reason"] == reason


def test_a_missing_scope_is_403(jwt_server, stand_in):
    answer = jwt_server.post(stand_in.sign(scope="openid"))
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_a_foreign_key_is_refused(jwt_server, stand_in):
    token = stand_in.sign()
    stand_in.keys["rsa"] = jwk.RSAKey.generate_key(2048)
    assert jwt_server.post(token).status_code == 401
    assert jwt_server.audit()[-1]["reason"] == "bad_signature"


def test_a_changed_payload_is_refused(jwt_server, stand_in):
    header, payload, signature = stand_in.sign(scope="openid").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = _part({**claims, "scope": "mcp:tools"})
    assert jwt_server.post(f"{header}.{forged}.{signature}").status_code == 401


def test_an_unsigned_token_is_refused(jwt_server, stand_in):
    payload = stand_in.sign().split(".")[1]
    assert jwt_server.post(f"{_part({'alg': 'none'})}.{payload}.").status_code == 401
    assert jwt_server.audit()[-1]["reason"] == "forbidden_algorithm"


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(jwt_server, stand_in):
    header = _part({"alg": "HS256", "kid": "rsa"})
    signed = f"{header}.{stand_in.sign().split('.')[1]}"
    mac = hmac.digest(stand_in.keys["rsa"].as_pem(private=False), signed.encode(), "sha256")
    token = f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    assert jwt_server.post(token).status_code == 401
    assert jwt_server.audit()[-1]["reason"] == "forbidden_algorithm"


@pytest.mark.parametrize(
    "token",
    ["garbage", "a.b.c", "..", f"{_part([])}.{_part({})}.x", base64.b64encode(b"[" * 9000).decode() + ".a.b"],
)
def test_what_is_no_token_is_refused(jwt_server, token):
    assert jwt_server.post(token).status_code == 401
    assert jwt_server.audit()[-1]["reason"] == "not_a_jwt"


def test_the_keys_are_fetched_once(jwt_server, stand_in):
    for subject in ("one", "two", "three"):
        assert jwt_server.post(stand_in.sign(sub=subject)).status_code == 200
    assert stand_in.key_requests == 1


def _unknown(stand_in, count):
    """Return tokens whose keys the authorization server does not publish."""
    stand_in.keys["made-up"] = stand_in.keys["rsa"]
    tokens = [stand_in.sign(kid="made-up", sub=str(number)) for number in range(count)]
    del stand_in.keys["made-up"]
    return tokens


def test_tokens_with_unknown_key_ids_ask_for_the_keys_once_a_second_at_most(
    jwt_server, stand_in, monkeypatch
):
    slept = []

    async def noted(seconds):
        slept.append(seconds)

    monkeypatch.setattr(key_set, "monotonic", lambda: 5000.0 + sum(slept))
    monkeypatch.setattr(key_set.asyncio, "sleep", noted)
    assert [jwt_server.post(token).status_code for token in _unknown(stand_in, 5)] == [401] * 5
    assert stand_in.key_requests == 5
    assert slept == [1.0] * 4


def test_a_flood_of_unknown_key_ids_is_told_to_come_again(jwt_server, stand_in, monkeypatch):
    assert jwt_server.post(stand_in.sign()).status_code == 200
    monkeypatch.setattr(key_set, "_MOST_WAITING", 0)
    answers = [jwt_server.post(token) for token in _unknown(stand_in, 5)]
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in answers} == {(503, "2")}
    assert jwt_server.audit()[-1]["reason"] == "key_set_busy"
    assert jwt_server.post(stand_in.sign(sub="another")).status_code == 200
    assert stand_in.key_requests == 1


def test_a_new_key_is_found_at_once_although_the_keys_were_fetched_just_now(jwt_server, stand_in):
    assert jwt_server.post(stand_in.sign()).status_code == 200
    stand_in.keys["new"] = jwk.RSAKey.generate_key(2048)
    assert jwt_server.post(stand_in.sign(kid="new")).status_code == 200


def test_keys_are_read_only_when_a_token_names_them(jwt_server, stand_in, monkeypatch):
    read = []
    library = key_set._pem
    monkeypatch.setattr(key_set, "_KEYS_SECONDS", 0)
    monkeypatch.setattr(key_set, "_pem", lambda key: (read.append(key["kid"]), library(key))[1])
    for token in (*_unknown(stand_in, 5), stand_in.sign(), stand_in.sign(sub="another")):
        jwt_server.post(token)
    assert read == ["rsa"]


def test_a_withdrawn_key_is_forgotten_with_the_next_unknown_one_or_after_an_hour(
    jwt_server, stand_in, monkeypatch
):
    now = 5000.0
    monkeypatch.setattr(key_set, "monotonic", lambda: now)
    token, another = stand_in.sign(), stand_in.sign(sub="another")
    assert jwt_server.post(token).status_code == 200
    old = stand_in.keys.pop("rsa")
    now += 3599
    assert jwt_server.post(another).status_code == 200
    now += 2
    stand_in.keys["rsa"] = old
    third = stand_in.sign(sub="third")
    del stand_in.keys["rsa"]
    assert jwt_server.post(third).status_code == 401


def test_a_token_without_a_key_id_needs_a_set_with_one_key(jwt_server, stand_in):
    def without_kid():
        token = stand_in.sign(sub=str(time.monotonic()))
        payload = token.split(".")[1]
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{payload}"
        signature = stand_in.keys["rsa"].private_key.sign(
            signed.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    assert jwt_server.post(without_kid()).status_code == 200


def test_a_short_rsa_key_vouches_for_nobody(jwt_server, stand_in):
    with pytest.warns(SecurityWarning):
        short = jwk.RSAKey.generate_key(1024)
    stand_in.keys = {"rsa": short}
    assert jwt_server.post(stand_in.sign()).status_code == 401
    assert jwt_server.audit()[-1]["reason"] == "bad_signature"


@pytest.mark.parametrize(
    "claims",
    [
        '"x": ' + "[" * 1200 + "]" * 1200,
        '"exp": Infinity',
        '"exp": 1e999',
        '"exp": NaN',
        f'"exp": {10**400}',
        f'"exp": 1{"0" * 5000}',
        '"nbf": -Infinity',
        '"sub": {"a": 1}',
    ],
    ids=lambda text: text[:12],
)
def test_a_signed_token_with_deep_or_huge_claims_is_401_and_no_fault(jwt_server, stand_in, claims):
    payload = json.dumps(claims_of_a_good_token())[:-1] + f", {claims}}}"
    signed = f"{_part({'alg': 'RS256', 'kid': 'rsa'})}.{base64.urlsafe_b64encode(payload.encode()).decode().rstrip('=')}"
    signature = stand_in.keys["rsa"].private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    token = f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    assert len(token) < 16_000
    assert jwt_server.post(token).status_code == 401
    assert [line["event"] for line in jwt_server.audit()] == ["refusal"]


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ConnectError("refused"),
        OSError("of the system"),
        httpx2.Response(500),
        httpx2.Response(200, text="<html>"),
        httpx2.Response(200, json={"keys": "none"}),
        httpx2.Response(200, text='{"keys": ' + "[" * 5000),
    ],
)
def test_an_outage_is_503_and_ends_by_itself(jwt_server, stand_in, failure, monkeypatch):
    monkeypatch.setattr(key_set, "_KEYS_SECONDS", 0)
    stand_in.failure = failure
    answer = jwt_server.post(stand_in.sign())
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    stand_in.failure = None
    assert jwt_server.post(stand_in.sign()).status_code == 200


def test_an_outage_does_not_touch_who_signs_with_a_known_key(jwt_server, stand_in):
    assert jwt_server.post(stand_in.sign()).status_code == 200
    stand_in.failure = httpx2.ConnectError("refused")
    assert jwt_server.post(stand_in.sign(sub="another")).status_code == 200
    forged = stand_in.sign()[:-8] + "AAAAAAAA"
    assert jwt_server.post(forged).status_code == 401


@pytest.mark.parametrize(("seconds", "computed"), [(3, 2), (0, 4)])
def test_a_good_signature_is_not_computed_again_for_a_while(start, stand_in, monkeypatch, seconds, computed):
    now, verified = 1000.0, []
    monkeypatch.setattr(token_cache, "monotonic", lambda: now)
    library = jwt_module.JWTVerifier.verify_token

    async def counting(verifier, token):
        verified.append(token)
        return await library(verifier, token)

    monkeypatch.setattr(jwt_module.JWTVerifier, "verify_token", counting)
    server, token = start(verifier="jwt", cache_seconds=seconds), stand_in.sign()
    for passed in (0, 2.9, 0.2, 0):
        now += passed
        assert server.post(token).status_code == 200
    assert len(verified) == computed


def test_a_remembered_token_still_expires(start, stand_in, monkeypatch):
    server, token = start(verifier="jwt", cache_seconds=60), stand_in.sign()
    assert server.post(token).status_code == 200
    monkeypatch.setattr(claims_module, "time", lambda: time.time() + 61)
    assert server.post(token).status_code == 401
    assert server.audit()[-1]["reason"] == "expired"


def test_nothing_but_the_very_same_token_is_remembered(start, stand_in):
    server, token = start(verifier="jwt", cache_seconds=60), stand_in.sign()
    assert server.post(token).status_code == 200
    head, _, signature = token.rpartition(".")
    assert server.post(f"{head}.{signature[::-1]}").status_code == 401
    assert server.post(f"{head}.").status_code == 401
