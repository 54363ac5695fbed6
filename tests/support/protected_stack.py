"""A running stack as its attackers see it, with everything that they could get hold of."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from provision.verify.authorization_code import log_in
from provision.verify.context import Context, Run
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from tests.support.raw_http import Answer, post
from tests.support.signing_key import SigningKey, claims_of
from tests.support.stack_cli import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision.keycloak.api.session import Session
    from tests.support.stack_cli import StackCli

CLIENT = "mcp-client"
_REDIRECT_URI = "http://localhost/callback"
_ACCEPT = [("Accept", "application/json, text/event-stream"), ("Content-Type", "application/json")]
_CALLS = {"add_numbers": {"a": 2, "b": 40}, "multiply_numbers": {"x": 6, "y": 7}}


@dataclass(frozen=True)
class Tokens:
    """The token endpoint's answer to a client after a login."""

    access: str
    refresh: str
    id: str


class ProtectedStack:
    """A stack that is up, with its demo user logged in and keys that its realm vouches for.

    Args:
        stack: The stack.
        verifier: The server's way of checking tokens.
        run: Supplies the Admin API and logs in.
        key: The published key for signatures.
        encryption_key: The published key for encryption.
    """

    def __init__(
        self, stack: StackCli, verifier: str, run: Run, key: SigningKey, encryption_key: SigningKey
    ) -> None:
        self.stack = stack
        self.verifier = verifier
        self.target = run.target
        self.key = key
        self.encryption_key = encryption_key
        self._context = Context(run)
        self._authorization_server = self._context.need(authorization_server_metadata)
        self.tokens = self.log_in()

    @property
    def admin(self) -> Session:
        """The Admin API."""
        return self._context.session()

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of the genuine access token."""
        return claims_of(self.tokens.access)

    @property
    def resource_metadata(self) -> str:
        """The address of the server's metadata (RFC 9728 section 3.1)."""
        base, _, path = self.target.server_url.rpartition("/")
        return f"{base}/.well-known/oauth-protected-resource/{path}"

    def log_in(self) -> Tokens:
        """Return the genuine tokens of another login of the demo user."""
        server = self._authorization_server
        login = log_in(self._context, server, CLIENT, _REDIRECT_URI, further_scopes=("openid",))
        form = {
            "grant_type": "refresh_token",
            "refresh_token": login.refresh_token,
        }
        answer = self.at_keycloak("token", **form)
        return Tokens(answer["access_token"], answer["refresh_token"], answer["id_token"])

    def at_keycloak(self, endpoint: str, **form: str) -> Any:
        """Return the answer of the realm's OpenID Connect endpoint to the pre-registered client, or None if it is empty."""
        url = f"{self.target.issuer}/protocol/openid-connect/{endpoint}"
        answer = self._context.http.post(url, data={"client_id": CLIENT, **form})
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def post(
        self,
        *headers: tuple[str, str | bytes],
        tool: str = "add_numbers",
        query: str = "",
        host: str | None = None,
    ) -> Answer:
        """Call a tool with any headers.

        Args:
            headers: Header lines in addition to the usual ones of an MCP request.
            tool: The tool.
            query: The query, with its question mark.
            host: A ``Host`` header that is not the server's.
        """
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": _CALLS[tool]},
        }
        url = self.target.server_url + query
        return post(url, [*_ACCEPT, *headers], json.dumps(message).encode(), host=host)

    def call(self, token: str, tool: str = "add_numbers") -> Answer:
        """Call a tool with a token in the ``Authorization`` header."""
        return self.post(("Authorization", f"Bearer {token}"), tool=tool)

    def forge(self, **changes: Any) -> str:
        """Return the genuine token with other claims and a signature that the realm vouches for; None omits a claim."""
        claims = {name: value for name, value in {**self.claims, **changes}.items() if value is not None}
        return self.key.sign(claims)

    def audited(self, answer: Answer) -> dict[str, Any]:
        """Return the audit trail's line about an answer; the server writes it right after the answer."""
        name = answer.headers["X-Correlation-ID"]
        found: list[str] = []

        def written() -> bool:
            found[:] = [line for line in self.log().splitlines() if f'"{name}"' in line]
            return bool(found)

        until(written, f"the audit trail has {name}")
        assert len(found) == 1, found
        line: dict[str, Any] = json.loads(found[0])
        return line

    def log(self) -> str:
        """Return the server's whole output: the audit trail and the lines of its libraries."""
        return self._log.read_text()

    @cached_property
    def _log(self) -> Path:
        (log,) = self.stack.data.glob(f"*/stacks/{self.stack.stack}/calculator/process.log")
        return log


@contextmanager
def protected(stack: StackCli, verifier: str) -> Iterator[ProtectedStack]:
    """Log in to a stack that is up and publish the keys; both are undone with the context.

    Args:
        stack: The stack.
        verifier: The server's way of checking tokens.
    """
    run = Run(stack.target())
    admin, realm = run.session(), run.target.realm
    try:
        with (
            SigningKey().published(admin, realm) as key,
            SigningKey("rsa-enc").published(admin, realm) as other,
        ):
            yield ProtectedStack(stack, verifier, run, key, other)
    finally:
        run.end()
