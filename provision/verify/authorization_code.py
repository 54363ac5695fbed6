"""The authorization code flow with PKCE, scripted through Keycloak's pages (OAuth 2.1 section 4.1)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urljoin, urlsplit

from provision._lib.urls import host, is_loopback
from provision.verify.connection import error_code, json_object, origin, refusal, text
from provision.verify.errors import Failed
from provision.verify.html_page import Form, Page, read_page
from provision.verify.temporary import Kind

if TYPE_CHECKING:
    import httpx

    from provision.verify.context import Context
    from provision.verify.proofs.authorization_server_metadata import AuthorizationServer
    from provision.verify.target import Resource

_MOST_PAGES = 8
_MOST_PASSWORDS = 2
_BETWEEN_PASSWORDS = 0.5
_REDIRECTS = frozenset({HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.MOVED_PERMANENTLY})


class RefusedError(Failed):
    """A refusal by the authorization server.

    Args:
        error: The error code (RFC 6749 sections 4.1.2.1 and 5.2).
        what: What is wrong, for a reader.
    """

    def __init__(self, error: str, what: str) -> None:
        super().__init__(what)
        self.error = error


@dataclass(frozen=True)
class Login:
    """A finished login.

    Args:
        client_id: The client of the login.
        redirect_uri: The redirect URI that the user was sent back to.
        consented: Whether the user was asked for consent.
        access_token: The access token.
        refresh_token: The refresh token; empty if there is none.
    """

    client_id: str
    redirect_uri: str
    consented: bool
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


def log_in(
    context: Context,
    server: AuthorizationServer,
    client_id: str,
    redirect_uri: str,
    *,
    further_scopes: tuple[str, ...] = (),
    resource: Resource | None = None,
) -> Login:
    """Log the demo user in and consent, in a browser session of its own; the session ends with the run.

    Args:
        context: The context of the proof.
        server: The authorization server.
        client_id: A public client.
        redirect_uri: One of the client's redirect URIs; the redirect is read, not followed.
        further_scopes: Scopes to request in addition to the scopes of the server.
        resource: The server that the token is for; the server of the run by default.

    Raises:
        Failed: A step did not go as it must.
    """
    wanted = resource or context.target.resource
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join([*wanted.scopes, *further_scopes]),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),  # RFC 7636 section 4.2
        "code_challenge_method": "S256",
        "resource": wanted.url,  # RFC 8707 section 2.1
    }
    with context.browser() as browser:
        visit = _Visit(context, browser, redirect_uri)
        code = _code(visit.to(server.authorization_endpoint, asked), state, context.target.issuer, server)
    answer = context.http.post(
        server.token_endpoint,
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": client_id,
            "code_verifier": verifier,
            "resource": wanted.url,
        },
    )
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        what = f"the code was not exchanged for a token: {refusal(answer)}"
        raise RefusedError(error_code(answer), what)
    document = json_object(answer, "the code was not exchanged for a token")
    tokens = text(document, "access_token"), text(document, "refresh_token")
    login = Login(client_id, redirect_uri, visit.consented, *tokens)
    _end_later(context, server, login)
    if not login.access_token or text(document, "token_type").lower() != "bearer":
        raise Failed("the token endpoint answered without a bearer token")
    return login


def _code(answer: dict[str, str], state: str, issuer: str, server: AuthorizationServer) -> str:
    """Return the code in the authorization response, after checking the response."""
    if "error" in answer:
        why = answer.get("error_description") or answer["error"]
        raise RefusedError(answer["error"], f"authorization was refused: {why}")
    if answer.get("state") != state:
        raise Failed("the authorization response has another state than the request")
    # RFC 9207 section 2.4
    if answer.get("iss", "" if server.names_itself else issuer) != issuer:
        raise Failed(f"the authorization response has iss {answer.get('iss') or '(none)'}, not {issuer}")
    if not answer.get("code"):
        raise Failed("the authorization response has no code")
    return answer["code"]


def _end_later(context: Context, server: AuthorizationServer, login: Login) -> None:
    if not (server.end_session_endpoint and login.refresh_token):
        return

    def end() -> None:
        body = {"client_id": login.client_id, "refresh_token": login.refresh_token}
        context.http.post(server.end_session_endpoint, data=body)

    context.temporary.remove_later(Kind.SESSION, f"the login for {login.client_id}", end)


class _Visit:
    """A browser on its way through Keycloak's pages."""

    def __init__(self, context: Context, browser: httpx.Client, redirect_uri: str) -> None:
        self._context = context
        self._target = context.target
        self._browser = browser
        self._redirect_uri = redirect_uri
        self._password_lock = context.password_lock
        self._passwords_sent = 0
        self.consented = False

    def to(self, url: str, query: dict[str, str]) -> dict[str, str]:
        """Open a URL and complete every page; return the parameters of the redirect to the client."""
        response = self._browser.get(url, params=query)
        for _ in range(_MOST_PAGES):
            self._keep_cookies(response)
            location = urljoin(str(response.url), response.headers.get("location", ""))
            if response.status_code not in _REDIRECTS:
                form = self._answered(read_page(response.text), response.status_code)
                response = self._send(self._own(urljoin(str(response.url), form.action)), form)
            elif _is_at(location, self._redirect_uri):
                return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
            else:
                response = self._browser.get(self._own(location))
        raise Failed(f"the login did not end within {_MOST_PAGES} pages")

    def _send(self, url: str, form: Form) -> httpx.Response:
        if "password" not in form.fields:
            return self._browser.post(url, data=form.fields)
        # Keycloak's brute-force protection refuses a password while another password of the same user is being checked,
        # and that check may go on for a moment after its answer.
        with self._password_lock:
            if self._passwords_sent > 1:
                self._context.sleep(_BETWEEN_PASSWORDS)
            return self._browser.post(url, data=form.fields)

    def _answered(self, page: Page, status: int) -> Form:
        """Return the page's form, filled in."""
        if login := page.form("username", "password"):
            if self._passwords_sent == _MOST_PASSWORDS:
                raise Failed(f"the demo user could not log in: {page.message or 'the login page came again'}")
            self._passwords_sent += 1
            login.fields |= {"username": self._target.demo_username, "password": self._target.demo_password}
            return login
        if consent := page.form("accept"):
            self.consented = True
            consent.fields["accept"] = consent.buttons.get("accept", "")
            return consent
        what = page.message or page.title or "a page without a heading"
        raise Failed(f"neither a login nor a consent page came, but: {what} (HTTP {status})")

    def _own(self, url: str) -> str:
        """Return the address if it is the issuer's, because the password must go nowhere else; raise otherwise."""
        if origin(url) not in {origin(self._target.issuer), origin(self._target.connection.url)}:
            raise Failed(f"the login leads away to {origin(url)}")
        return url

    def _keep_cookies(self, response: httpx.Response) -> None:
        # A browser sends cookies marked Secure to loopback addresses without TLS too; Python's cookie jar does not.
        if is_loopback(host(str(response.url))):
            for cookie in self._browser.cookies.jar:
                cookie.secure = False


def _is_at(location: str, redirect_uri: str) -> bool:
    return location.partition("?")[0] == redirect_uri.partition("?")[0]
