"""The server's settings: one JSON file, read once and checked once at the start."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from provision.server.options import ServerOptions
from provision.server.values import (
    ClientId,
    FilePath,
    HttpUrl,
    Issuer,
    Port,
    Scope,
    ServerName,
    distinct,
    endpoint,
    is_loopback,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# The MCP library refuses a longer body, whatever is set here.
_LIBRARY_BYTES = 4 * 1024 * 1024


class SettingsError(Exception):
    """Unusable settings; nothing was started.

    Args:
        problems: One line for each problem, naming the setting. Never holds a value that may be secret.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("must hold at least one scope")
    return value


class Settings(ServerOptions):
    """The settings of one server: the user's options, and the values that the stack supplies."""

    model_config = ConfigDict(strict=True)

    name: ServerName = Field(description="Shown to clients.")
    port: Port = Field(description="The port to listen on.")
    url: Annotated[HttpUrl, AfterValidator(endpoint)] = Field(
        description="The public URL of the endpoint: the resource identifier (RFC 8707), the token audience, and where the"
        " endpoint is served. `https` unless its host is loopback. Ends in `/mcp`, no trailing slash, canonical form"
        " (lower-case host, no default port).",
    )
    issuer: Issuer = Field(
        description="The issuer as the realm's metadata has it (RFC 8414 section 3.3), compared as a string. No trailing slash.",
    )
    host: Annotated[str, Field(min_length=1)] = Field(
        default="127.0.0.1",
        description="The address to bind to; a container needs `0.0.0.0`. Other than loopback it needs a certificate or"
        " `tls_terminated_by_proxy`.",
    )
    introspection_url: HttpUrl | None = Field(
        default=None,
        description="For `introspection`: the introspection endpoint (RFC 7662) as this process reaches it; it may differ"
        " from the issuer's host.",
    )
    introspection_client_id: ClientId | None = Field(
        default=None,
        description="For `introspection`: the client that introspects. Keycloak answers `active: false` unless this client"
        " is in the token's audience: name the client by `url`.",
    )
    introspection_client_secret_file: FilePath | None = Field(
        default=None,
        description="For `introspection`: the file that holds its secret on one line, mode 0400; read at the start, and again when the secret is refused. Open to"
        " others or writable by the group: exit code 2.",
    )
    jwks_url: HttpUrl | None = Field(
        default=None, description="For `jwt`: the key set (RFC 7517) as this process reaches it."
    )
    authorization_server_ca_file: FilePath | None = Field(
        default=None,
        description="PEM bundle with the authority that signed the authorization server's certificate; the system's trust"
        " store when left out. Read at the start.",
    )
    scopes: Annotated[tuple[Scope, ...], AfterValidator(distinct), AfterValidator(_not_empty)] = Field(
        default=("mcp:tools",),
        description="Every request needs all of them; they stand in the challenge and in the metadata. `offline_access` is"
        " refused.",
    )
    max_request_bytes: int = Field(
        default=1024 * 1024,
        ge=1024,
        le=_LIBRARY_BYTES,
        description="The longest body of a request, in bytes.",
    )
    max_connections: int = Field(
        default=1000,
        ge=16,
        le=65_536,
        description="The number of connections, and of requests under way, at once. More requests get 503; a new connection"
        " takes the place of the one that has been without a request for longest.",
    )
    tls_certificate_file: FilePath | None = Field(
        default=None,
        description="PEM file with the certificate chain: with it and its key the server speaks HTTPS, TLS 1.2 or 1.3. Read"
        " at the start.",
    )
    tls_key_file: FilePath | None = Field(
        default=None, description="PEM file with its private key: no password, mode 0400."
    )
    tls_terminated_by_proxy: bool = Field(
        default=False,
        description="Something in front speaks HTTPS (a gateway, a container network), so that this process may listen"
        " without on an address that is not loopback.",
    )
    shutdown_seconds: float = Field(
        default=5,
        ge=0,
        le=300,
        description="How long a request under way may take to end after SIGTERM.",
    )
    audit_file: FilePath | None = Field(
        default=None,
        description="The file that audit lines are appended to, created with mode 0600; standard output when left out.",
    )

    @model_validator(mode="after")
    def _verifier_has_what_it_needs(self) -> Settings:
        needed = {
            "introspection": (
                "introspection_url",
                "introspection_client_id",
                "introspection_client_secret_file",
            ),
            "jwt": ("jwks_url",),
        }[self.verifier]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f'verifier "{self.verifier}" needs {", ".join(missing)}')
        return self

    @model_validator(mode="after")
    def _tokens_do_not_travel_in_clear(self) -> Settings:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_certificate_file and tls_key_file go together")
        parts = urlsplit(self.url)
        with_tls = self.tls_certificate_file is not None
        if parts.scheme == "http" and (with_tls or not is_loopback(parts.hostname or "")):
            raise ValueError("url must be https" + ("" if with_tls else " unless its host is loopback"))
        if not (with_tls or self.tls_terminated_by_proxy or is_loopback(self.host)):
            raise ValueError(
                f"host {self.host} is not loopback: set tls_certificate_file and tls_key_file,"
                " or tls_terminated_by_proxy if a gateway in front speaks HTTPS"
            )
        return self

    @property
    def path(self) -> str:
        """The path of the MCP endpoint."""
        return urlsplit(self.url).path

    @property
    def behind_a_proxy(self) -> bool:
        """True if a proxy in front speaks HTTPS; the proxy's address then stands for all callers."""
        return self.tls_terminated_by_proxy or (
            self.url.startswith("https:") and self.tls_certificate_file is None
        )

    @property
    def base_url(self) -> str:
        """Scheme, host and port of the public URL."""
        return self.url.removesuffix(self.path)


def load_settings(path: Path) -> Settings:
    """Read the settings file.

    Args:
        path: The JSON file.

    Raises:
        SettingsError: The file cannot be read or a setting is wrong.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror or 'cannot be read'}"]) from None
    return _checked(text, str(path))


def stack_settings(
    options: ServerOptions,
    *,
    name: str,
    listens: tuple[str, int],
    url: str,
    issuer: str,
    realm_url: str,
    scopes: Sequence[str],
    client_id: str | None,
    secret_file: str,
    **more: str | bool,
) -> dict[str, Any]:
    """Return the content of the settings file of a server in a stack.

    Args:
        options: The user's options for the server.
        name: The name that clients see.
        listens: The address and the port that the server listens on.
        url: The server's canonical URI (RFC 8707).
        issuer: The realm's issuer.
        realm_url: The realm's URL as the server itself reaches Keycloak, which may differ from the issuer.
        scopes: The scopes that every call needs.
        client_id: The server's introspection client; None for the client named like the server's URL.
        secret_file: The file with that client's secret, as the server sees the path.
        more: More settings by their names: the files of TLS, and whether a proxy speaks it.

    Raises:
        SettingsError: The server would not start with these settings.
    """
    host, port = listens
    endpoints = f"{realm_url}/protocol/openid-connect"
    document = {
        "name": name,
        "host": host,
        "port": port,
        "url": url,
        "issuer": issuer,
        "scopes": list(scopes),
        **options.options(),
        "introspection_url": f"{endpoints}/token/introspect",
        "introspection_client_id": client_id or url,
        "introspection_client_secret_file": secret_file,
        "jwks_url": f"{endpoints}/certs",
        **more,
    }
    _checked(json.dumps(document), f"The settings of the MCP server {name}")
    return document


def _checked(text: str | bytes, source: str) -> Settings:
    try:
        return Settings.model_validate_json(text)
    except ValidationError as error:
        # `from None`: the cause would carry the input, and a misplaced secret with it, into a traceback.
        raise SettingsError([f"{source}: {_line(problem)}" for problem in _problems(error)]) from None


def _problems(error: ValidationError) -> list[tuple[str, str, str]]:
    return [
        (".".join(str(part) for part in problem["loc"]), problem["type"], problem["msg"])
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _line(problem: tuple[str, str, str]) -> str:
    name, kind, message = problem
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        return f"{name}: unknown setting" + (f"; did you mean {near[0]}?" if near else "")
    if kind == "missing":
        return f"{name}: is required"
    message = message.removeprefix("Value error, ")
    return f"{name}: {message}" if name else message
