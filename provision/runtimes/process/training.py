"""The training of the JVM's start-up cache: the calls of a first ``up``, made against a throw-away Keycloak.

During these calls the JVM records the classes that it loads and the methods that run hot; every later start
begins with this knowledge (an AOT cache, JEP 483 and 515). So the calls below follow the calls of a real stack:
a call that is missing here is a slow first call of the stack.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from provision.keycloak.bases.key_providers import key_providers

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

AUDIENCE = "http://localhost:8000/mcp"
REDIRECT = "http://127.0.0.1/callback"
CREATED = 201


@dataclass(frozen=True)
class Server:
    """A Keycloak to train, and the service account with all rights in Keycloak."""

    http: httpx.Client
    client_id: str
    client_secret: str

    def token(self) -> str:
        """Return a new admin token of the master realm."""
        answer = self.http.post(
            "/realms/master/protocol/openid-connect/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
            },
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Make one Admin API call; return the decoded body, or the new object's id for a 201."""
        answer = self.http.request(
            method, f"/admin/realms{path}", json=body, headers={"Authorization": f"Bearer {self.token()}"}
        )
        answer.raise_for_status()
        if answer.status_code == CREATED:
            return answer.headers["location"].rsplit("/", 1)[-1]
        return answer.json() if answer.content else None


def train(url: str, client_id: str, client_secret: str, note: Callable[[str], None], rounds: int = 3) -> None:
    """Make the calls of a first ``up`` several times, on realms that are deleted again.

    Args:
        url: Keycloak's base URL.
        client_id: The admin service account's client id.
        client_secret: The admin service account's secret.
        note: The function that shows the current step.
        rounds: The number of rounds; the JVM's method profiles come from repeated calls.
    """
    import httpx

    with httpx.Client(base_url=url, timeout=120) as http:
        server = Server(http, client_id, client_secret)
        for number in range(1, rounds + 1):
            name = f"training-{number}"
            note(f"realm {number} of {rounds}")
            _realm(server, name)
            _scope_and_policies(server, name)
            confidential = _clients(server, name)
            _read_back(server, name)
            note(f"login {number} of {rounds}")
            access_token = _log_in(url, name)
            _introspect(server, name, confidential, access_token)
            server.call("DELETE", f"/{name}")
    _console(url)


def _realm(server: Server, name: str) -> None:
    server.call(
        "POST",
        "",
        {
            "realm": name,
            "enabled": True,
            "displayName": "Training",
            "sslRequired": "external",
            "accessTokenLifespan": 300,
            "registrationAllowed": False,
            "components": {"org.keycloak.keys.KeyProvider": key_providers()},
        },
    )
    server.call("GET", f"/{name}")
    server.call("PUT", f"/{name}", {"realm": name, "accessTokenLifespan": 600, "bruteForceProtected": True})


def _scope_and_policies(server: Server, name: str) -> None:
    scope = server.call(
        "POST",
        f"/{name}/client-scopes",
        {
            "name": "mcp:tools",
            "protocol": "openid-connect",
            "description": "Call tools",
            "attributes": {"include.in.token.scope": "true", "display.on.consent.screen": "true"},
        },
    )
    for mapper, config in {
        "resource": {"included.custom.audience": AUDIENCE},
        "introspection": {"included.client.audience": "mcp-server"},
    }.items():
        server.call(
            "POST",
            f"/{name}/client-scopes/{scope}/protocol-mappers/models",
            {
                "name": mapper,
                "protocol": "openid-connect",
                "protocolMapper": "oidc-audience-mapper",
                "config": {**config, "access.token.claim": "true", "introspection.token.claim": "true"},
            },
        )
    server.call("GET", f"/{name}/client-scopes/{scope}/protocol-mappers/models")
    server.call("PUT", f"/{name}/default-default-client-scopes/{scope}")
    server.call("GET", f"/{name}/default-default-client-scopes")
    kind = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"
    for policy in server.call("GET", f"/{name}/components?type={kind}"):
        if policy["subType"] == "anonymous" and policy["providerId"] == "trusted-hosts":
            policy["config"]["trusted-hosts"] = ["localhost", "127.0.0.1"]
            policy["config"]["host-sending-registration-request-must-match"] = ["false"]
            server.call("PUT", f"/{name}/components/{policy['id']}", policy)
            server.call("GET", f"/{name}/components/{policy['id']}")


def _clients(server: Server, name: str) -> dict[str, str]:
    confidential = {"client_id": "mcp-server", "client_secret": secrets.token_urlsafe(24)}
    common = {"protocol": "openid-connect", "enabled": True, "directAccessGrantsEnabled": False}
    server.call(
        "POST",
        f"/{name}/clients",
        {
            **common,
            "clientId": confidential["client_id"],
            "secret": confidential["client_secret"],
            "publicClient": False,
            "standardFlowEnabled": False,
            "serviceAccountsEnabled": True,
        },
    )
    server.call(
        "POST",
        f"/{name}/clients",
        {
            **common,
            "clientId": "assistant",
            "publicClient": True,
            "standardFlowEnabled": True,
            "redirectUris": [REDIRECT],
            "attributes": {"pkce.code.challenge.method": "S256"},
        },
    )
    server.http.post(
        f"/realms/{name}/clients-registrations/openid-connect",
        json={"client_name": "Registered", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"},
    ).raise_for_status()
    server.call(
        "POST",
        f"/{name}/users",
        {
            "username": "demo",
            "enabled": True,
            "emailVerified": True,
            "email": "demo@example.org",
            "firstName": "Demo",
            "lastName": "User",
            "credentials": [{"type": "password", "value": "training", "temporary": False}],
        },
    )
    return confidential


def _read_back(server: Server, name: str) -> None:
    for path in ("clients?clientId=assistant", "users?username=demo&exact=true", "client-scopes", "keys"):
        server.call("GET", f"/{name}/{path}")
    for client in server.call("GET", f"/{name}/clients?clientId=mcp-server"):
        server.call("GET", f"/{name}/clients/{client['id']}/client-secret")
        server.call("GET", f"/{name}/clients/{client['id']}/default-client-scopes")
    server.http.get(f"/realms/{name}/.well-known/openid-configuration").raise_for_status()
    server.http.get(f"/.well-known/oauth-authorization-server/realms/{name}").raise_for_status()
    server.http.get(f"/realms/{name}/protocol/openid-connect/certs").raise_for_status()


def _log_in(url: str, name: str) -> str:
    """Log the demo user in by authorization code with PKCE, like a browser, and return the access token."""
    import httpx

    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    realm = f"/realms/{name}/protocol/openid-connect"
    with httpx.Client(base_url=url, timeout=120) as browser:
        page = browser.get(
            f"{realm}/auth",
            params={
                "client_id": "assistant",
                "redirect_uri": REDIRECT,
                "response_type": "code",
                "scope": "openid mcp:tools",
                "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            },
        )
        _let_cookies_travel_without_tls(browser)
        action = re.search(r'action="([^"]+)"', page.text)
        if action is None:
            message = "The login page has no form."
            raise ValueError(message)
        back = browser.post(html.unescape(action.group(1)), data={"username": "demo", "password": "training"})
        code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
        answer = browser.post(
            f"{realm}/token",
            data={
                "grant_type": "authorization_code",
                "client_id": "assistant",
                "code": code,
                "redirect_uri": REDIRECT,
                "code_verifier": verifier,
            },
        )
        answer.raise_for_status()
        tokens = answer.json()
        browser.post(
            f"{realm}/token",
            data={
                "grant_type": "refresh_token",
                "client_id": "assistant",
                "refresh_token": tokens["refresh_token"],
            },
        ).raise_for_status()
        return str(tokens["access_token"])


def _let_cookies_travel_without_tls(browser: httpx.Client) -> None:
    # Keycloak marks its cookies Secure on http://localhost too; a browser treats localhost as secure, a cookie jar not.
    for cookie in browser.cookies.jar:
        cookie.secure = False


def _introspect(server: Server, name: str, client: dict[str, str], access_token: str) -> None:
    for _ in range(5):
        server.http.post(
            f"/realms/{name}/protocol/openid-connect/token/introspect", data={**client, "token": access_token}
        ).raise_for_status()
    server.http.post(
        f"/realms/{name}/protocol/openid-connect/token", data={**client, "grant_type": "client_credentials"}
    ).raise_for_status()


def _console(url: str) -> None:
    import httpx

    with httpx.Client(base_url=url, timeout=120, follow_redirects=True) as browser:
        browser.get("/admin/master/console/")
