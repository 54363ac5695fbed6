"""What MCP clients send when they register themselves, word for word, and what must be refused.

Sources, as of November 2026: VS Code's ``src/vs/base/common/oauth.ts``; MCP Inspector's ``client/src/lib/auth.ts``; for
Claude Code and Cursor the requests that authorization servers' authors logged and published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from provision.runtimes.process.ports import pick_free
from provision.verify.authorization_code import log_in
from provision.verify.challenge import bearer_challenge
from provision.verify.client_registration import register, remove_later
from provision.verify.mcp_session import McpSession, ask
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from tests.support.outside import outside
from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision.verify.context import Context

_MORE_HOSTS = ("github.com",)
"""What MCP Inspector needs besides the hosts that are trusted by default."""


_PORT = pick_free()


@dataclass(frozen=True)
class Asked:
    """What a client has found out before it registers."""

    scopes: tuple[str, ...]
    grant_types: tuple[str, ...]


def vs_code(asked: Asked) -> dict[str, Any]:
    own = ("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code")
    return {
        "client_name": "Visual Studio Code",
        "client_uri": "https://code.visualstudio.com",
        "grant_types": [item for item in own if item in asked.grant_types],
        "response_types": ["code"],
        "redirect_uris": [
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
        ],
        "scope": " ".join(asked.scopes),
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }


def claude_code(asked: Asked) -> dict[str, Any]:
    del asked
    return {
        "client_name": "Claude Code (calculator)",
        "redirect_uris": [f"http://localhost:{_PORT}/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }


def cursor(asked: Asked) -> dict[str, Any]:
    del asked
    return {
        "client_name": "Cursor",
        "redirect_uris": [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }


def inspector(asked: Asked) -> dict[str, Any]:
    return {
        "redirect_uris": ["http://localhost:6274/oauth/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_name": "MCP Inspector",
        "client_uri": "https://github.com/modelcontextprotocol/inspector",
        "scope": " ".join(asked.scopes),
    }


_USED = [
    (vs_code, "https://insiders.vscode.dev/redirect"),
    (vs_code, "https://vscode.dev/redirect"),
    (vs_code, "http://127.0.0.1:33418/"),
    (vs_code, f"http://127.0.0.1:{_PORT}/"),  # its own port is busy: it takes another
    (claude_code, f"http://localhost:{_PORT}/callback"),
    (cursor, "cursor://anysphere.cursor-mcp/oauth/callback"),
    (cursor, "https://www.cursor.com/agents/mcp/oauth/callback"),
    (cursor, "http://localhost:8787/callback"),
]
_USED_WITH_MORE_HOSTS = [
    (inspector, "http://localhost:6274/oauth/callback"),
]


def names(value: object) -> str:
    return value.__name__ if callable(value) else str(value).replace(str(_PORT), "PORT")


@pytest.fixture(scope="module")
def context(shared: StackCli) -> Iterator[Context]:
    with outside(shared) as context:
        yield context


@pytest.fixture(scope="module")
def with_more_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A stack that trusts more hosts."""
    stack = StackCli(tmp_path_factory.mktemp("hosts"))
    config = stack.json("schema")["$defs"]["RegistrationConfig"]["properties"]["trustedHosts"]["default"]
    stack.change_config(
        "provision:profile: test",
        f"provision:profile: test\n  provision:registration: {{trustedHosts: {[*config, *_MORE_HOSTS]}}}",
    )
    stack.run("up")
    try:
        with outside(stack) as context:
            yield context
    finally:
        stack.throw_away()


def asked(context: Context) -> Asked:
    """What the server's challenge and the realm's metadata tell a client."""
    challenge = bearer_challenge(ask(context.http, context.target.server_url).headers["www-authenticate"])
    assert challenge is not None
    document = context.http.get(f"{context.target.issuer}/.well-known/openid-configuration").json()
    return Asked(challenge.scopes, tuple(document["grant_types_supported"]))


def use(context: Context, body: Callable[[Asked], dict[str, Any]], redirect_uri: str) -> None:
    """Register, log in so that the code comes to that very URI, call a tool."""
    server = context.need(authorization_server_metadata)
    found = asked(context)
    assert found.scopes == context.target.scopes  # these are what the login asks for
    client_id = register(context, server.registration_endpoint, body(found))["client_id"]
    login = log_in(context, server, client_id, redirect_uri)
    assert login.consented
    with McpSession(context.http, context.target.server_url, login.access_token) as session:
        assert session.call("add_numbers", {"a": 2, "b": 40})["result"] == 42


@pytest.mark.parametrize(("body", "redirect_uri"), _USED, ids=names)
def test_the_client_registers_and_each_of_its_redirects_ends_in_a_tool_call(context, body, redirect_uri):
    use(context, body, redirect_uri)


@pytest.mark.parametrize(("body", "redirect_uri"), _USED_WITH_MORE_HOSTS, ids=names)
def test_with_their_hosts_trusted_these_do_too(with_more_hosts, body, redirect_uri):
    use(with_more_hosts, body, redirect_uri)


_HOST = "Policy 'Trusted Hosts' rejected request to client-registration service. Details: UR"
_SCOPE = (
    "Policy 'Allowed Client Scopes' rejected request to client-registration service. Details: Not permitted"
)
_FORM = "invalid_client_metadata"
"""All that Keycloak says when a client policy refuses."""

_GOOD = ["https://vscode.dev/redirect", "http://127.0.0.1/"]
_REFUSED = {
    "a foreign redirect": ({"redirect_uris": ["https://evil.example/cb"]}, 403, _HOST),
    "one foreign among good ones": ({"redirect_uris": [*_GOOD, "https://evil.example/cb"]}, 403, _HOST),
    "a host that begins like a good one": (
        {"redirect_uris": ["http://vscode.dev.evil.example/"]},
        403,
        _HOST,
    ),
    "a good host as user": ({"redirect_uris": ["https://vscode.dev@evil.example/"]}, 403, _HOST),
    "a foreign home page": ({"client_uri": "https://evil.example"}, 403, _HOST),
    "a scheme of its own": ({"redirect_uris": ["evil://callback"]}, 403, _FORM),
    "a script": ({"redirect_uris": ["javascript://localhost/%0aalert(1)"]}, 403, _FORM),
    "a fragment": ({"redirect_uris": ["http://localhost/cb#x"]}, 403, _FORM),
    "a scope that is not there": ({"scope": "mcp:tools admin"}, 403, _SCOPE),
    "a client id of its choice": ({"client_id": "mcp-client"}, 400, "Client Identifier included"),
    "a mapper": ({"protocolMappers": [{"name": "m"}]}, 400, 'Unrecognized field "protocolMappers"'),
    "MCP Inspector, whose host is not trusted by default": (inspector(Asked(("mcp:tools",), ())), 403, _HOST),
}


def send(context: Context, body: dict[str, Any], kind: str = "openid-connect") -> tuple[int, str]:
    """Status and words of the answer to a registration; what is made goes again."""
    url = f"{context.target.issuer}/clients-registrations/{kind}"
    answer = context.http.post(url, json=body)
    document = answer.json()
    if answer.status_code == 201:
        made = document.get("client_id") or document["clientId"]
        remove_later(context, {**document, "client_id": made})
    return answer.status_code, document.get("error_description") or document.get("error") or ""


def number_of_clients(context: Context) -> int:
    return len([*context.session().list(context.target.realm, "clients")])


@pytest.mark.parametrize("what", _REFUSED)
def test_a_registration_is_refused_in_words_that_name_the_reason(context, what):
    change, status, words = _REFUSED[what]
    before = number_of_clients(context)
    got, said = send(context, claude_code(Asked((), ())) | change)
    assert got == status, said
    assert words in said
    assert number_of_clients(context) == before


def test_a_client_that_leaves_its_authentication_out_wants_a_secret_and_is_refused(context):
    """As the official Python SDK sends it (2.3.0); by RFC 7591, section 2, it asks for ``client_secret_basic``."""
    body = {"client_name": "a", "redirect_uris": ["http://localhost:9999/cb"]}
    before = number_of_clients(context)
    status, said = send(context, body)
    assert (status, said) == (403, _FORM)
    assert number_of_clients(context) == before
    status, said = send(context, {**body, "token_endpoint_auth_method": "none"})
    assert status == 201, said


def test_a_mapper_that_would_forge_an_audience_is_refused_in_keycloaks_own_format_too(context):
    mapper = {
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {"included.custom.audience": "https://other.example", "access.token.claim": "true"},
    }
    body = {"redirectUris": ["http://localhost/callback"], "publicClient": True}
    assert send(context, body, "default")[0] == 201
    status, said = send(context, body | {"protocolMappers": [mapper]}, "default")
    assert status == 403
    assert "Policy 'Allowed Protocol Mapper Types' rejected request" in said
    assert "ProtocolMapper type not allowed" in said


_NOT_EXACT = (
    *("*", "http://localhost:*/callback", "https://*/callback", "https://*.vscode.dev/redirect"),
    *("javascript:alert(1)", "data:text/html,x", "evil:/callback", "evil://localhost/callback"),
    *("http://localhost/*", "https://vscode.dev/*", "/relative", "//evil.example/x"),
)


@pytest.mark.parametrize("redirect_uri", _NOT_EXACT)
def test_a_redirect_that_is_not_exact_registers_nothing(context, redirect_uri):
    before = number_of_clients(context)
    status, said = send(context, claude_code(Asked((), ())) | {"redirect_uris": [redirect_uri]})
    assert (status, said) == (403, _FORM)
    assert number_of_clients(context) == before


_WITHOUT_A_PERSON = {
    "grant_types": ["client_credentials"],
    "token_endpoint_auth_method": "client_secret_post",
}


def test_a_client_that_gets_tokens_without_a_person_registers_nothing(context):
    before = number_of_clients(context)
    status, _ = send(context, claude_code(Asked((), ())) | _WITHOUT_A_PERSON)
    assert status == 403
    assert number_of_clients(context) == before


@pytest.mark.parametrize(
    "change", [_WITHOUT_A_PERSON, {"redirect_uris": ["http://localhost/*"]}], ids=["grant", "redirect"]
)
def test_a_registered_client_does_not_become_what_it_could_not_register_as(context, change):
    """RFC 7592 section 2.2: it may change its own registration, within the same rules."""
    server = context.need(authorization_server_metadata)
    document = register(context, server.registration_endpoint, claude_code(Asked((), ())))
    credentials = {"Authorization": f"Bearer {document['registration_access_token']}"}
    body = claude_code(Asked((), ())) | {"client_id": document["client_id"]}
    answer = context.http.put(document["registration_client_uri"], json=body | change, headers=credentials)
    assert answer.status_code == 403
    (kept,) = context.session().get(context.target.realm, "clients", clientId=document["client_id"])
    assert kept["publicClient"]
    assert not kept["serviceAccountsEnabled"]
    assert kept["redirectUris"] == body["redirect_uris"]
