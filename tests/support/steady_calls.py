"""Calls of two MCP servers that go on while something else happens to the stack."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "add_numbers", "arguments": {"a": 2, "b": 3}},
}
_TOKEN_SECONDS = 0.5
SECRET = "machine-secret-one-1234567890"
VARIABLE = "PROVISION_TEST_SECRET"
STACK = f"""\
config:
  provision:profile: test
  provision:realm: {{name: mcp-test}}
  provision:servers:
    - {{name: calculator, scope: {{name: "mcp:tools"}}, clientId: mcp-server, cacheSeconds: 0, requestsPerMinute: 0}}
    - {{name: weather, verifier: jwt, cacheSeconds: 0, requestsPerMinute: 0}}
  provision:objects:
    - {{type: Client, clientId: machine, access: confidential, serviceAccounts: true, secret: "${{env:{VARIABLE}}}"}}
"""
"""Two servers, one for each verifier and neither with a memory of tokens, and a client that gets tokens by itself."""


def token(issuer: str, scope: str, *, client: str = "machine", secret: str = SECRET) -> httpx.Response:
    """Return the answer of the token endpoint to a client (RFC 6749 section 4.4)."""
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": scope}
    return httpx.post(f"{issuer}/protocol/openid-connect/token", data=form, timeout=20)


def access_tokens(issuer: str, scopes: Mapping[str, str]) -> dict[str, Callable[[], str]]:
    """Return the functions that get a new access token for each server, by the server's URL.

    Args:
        issuer: The realm's issuer.
        scopes: The scope of each server, by its URL.
    """

    def get(scope: str) -> str:
        return str(token(issuer, scope).raise_for_status().json()["access_token"])

    return {url: partial(get, scope) for url, scope in scopes.items()}


@dataclass
class SteadyCalls:
    """What became of the calls.

    Args:
        done: The number of calls with the right answer, by server.
        failures: The calls without it: the server, and what came instead.
    """

    done: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def call(self, client: httpx.Client, url: str, token: str) -> None:
        """Make one call and note what became of it."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        try:
            answer = client.post(url, json=CALL, headers=headers)
        except httpx.HTTPError as error:
            self.failures.append(f"{url}: {error!r}")
            return
        if answer.status_code == httpx.codes.OK and '"result":5' in answer.text.replace(" ", ""):
            self.done[url] = self.done.get(url, 0) + 1
        else:
            self.failures.append(f"{url}: {answer.status_code} {answer.text[:200]}")


@contextmanager
def steady_calls(tokens: Mapping[str, Callable[[], str]]) -> Iterator[SteadyCalls]:
    """Call servers, one thread for each, with a new token twice a second, until the context ends.

    Args:
        tokens: The function that gets a new token, by the server's URL.
    """
    calls, done = SteadyCalls(), threading.Event()

    def go_on(url: str, new_token: Callable[[], str]) -> None:
        with httpx.Client(timeout=20) as client:
            token, renewed = new_token(), time.monotonic()
            while not done.is_set():
                if time.monotonic() - renewed > _TOKEN_SECONDS:
                    token, renewed = new_token(), time.monotonic()
                calls.call(client, url, token)

    threads = [threading.Thread(target=go_on, args=item) for item in tokens.items()]
    for thread in threads:
        thread.start()
    try:
        yield calls
    finally:
        done.set()
        for thread in threads:
            thread.join()
