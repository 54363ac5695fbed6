"""The login that the proofs do by script, done by a real browser."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from provision.verify.access_token import claims
from tests.support import browser as browser_support

if TYPE_CHECKING:
    from pathlib import Path

    from provision.verify import Target
    from tests.integration.verify.realm import LiveRealm


def test_a_registered_client_gets_a_token_through_the_browser(
    target: Target, realm: LiveRealm, tmp_path: Path
) -> None:
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    metadata = httpx.get(f"{target.issuer}/.well-known/openid-configuration").json()
    with browser_support.redirect() as redirect, browser_support.browser(pictures=tmp_path) as browser:
        client = httpx.post(
            metadata["registration_endpoint"],
            json={
                "client_name": "A client in a browser",
                "redirect_uris": [redirect.uri],
                "token_endpoint_auth_method": "none",
            },
        ).json()
        query = {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": redirect.uri,
            "scope": " ".join(target.scopes),
            "state": "the-state",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "resource": target.server_url,
        }
        try:
            browser.open(f"{metadata['authorization_endpoint']}?{urlencode(query)}")
            browser.log_in(target.demo_username, target.demo_password)
            page = browser.consent()
            answer = redirect.wait()
            token = httpx.post(
                metadata["token_endpoint"],
                data={
                    "grant_type": "authorization_code",
                    "code": answer["code"],
                    "redirect_uri": redirect.uri,
                    "client_id": client["client_id"],
                    "code_verifier": verifier,
                },
            ).json()["access_token"]
        finally:
            realm.session.delete(realm.name, *realm.client_path(client["client_id"]))
    assert "Use the tools of the MCP server on your behalf" in page
    assert "A client in a browser" in page
    assert answer["state"] == "the-state"
    assert answer["iss"] == target.issuer
    assert target.server_url in claims(token).audience
    assert {path.name for path in tmp_path.iterdir()} == {"login.png", "consent.png"}
