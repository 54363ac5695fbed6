"""What the server is told: one JSON file, read once and checked once at the start."""

from __future__ import annotations

import difflib
import re
from ipaddress import ip_address
from pathlib import Path  # noqa: TC003 - pydantic needs it when the model is built
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

# RFC 6749 section 3.3: a scope is printable ASCII without space, quote and backslash. The challenge header quotes it.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
# The MCP library refuses a longer body, whatever is set here.
_LIBRARY_BYTES = 4 * 1024 * 1024


class SettingsError(Exception):
    """The settings cannot be used; nothing was started.

    Args:
        problems: One line each, naming the setting. Never holds a value that may be secret.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or a password")
    if "#" in value or "?" in value:
        raise ValueError("must have no query and no fragment")
    canonical = str(AnyHttpUrl(value))
    if value not in {canonical, canonical.removesuffix("/")}:
        raise ValueError(
            f"must be in its canonical form: {canonical.removesuffix('/') if not value.endswith('/') else canonical}"
        )
    return value


def _no_trailing_slash(value: str) -> str:
    if value.endswith("/"):
        raise ValueError("must not end in a slash: clients compare the string exactly")
    return value


def _resource_url(value: str) -> str:
    if not value.endswith("/mcp"):
        raise ValueError("must end in /mcp, without a trailing slash")
    return value


def _scope(value: str) -> str:
    if not _SCOPE.fullmatch(value):
        raise ValueError("must be scope names without spaces, quotes or backslashes")
    if value == "offline_access":
        raise ValueError("must not hold offline_access: a resource server does not ask for refresh tokens")
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if "*" in value or not parts.scheme or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ValueError("must be exact origins such as http://localhost:6274, without a path")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]


class Settings(BaseModel):
    """The settings of one server.

    Args:
        name: Name of the server, shown to clients.
        host: Address to bind to; loopback unless a container needs another.
        port: Port to listen on.
        url: The public URL of the MCP endpoint, which is the resource identifier (RFC 8707) and the token audience.
        issuer: The issuer of the realm, exactly as it stands in its metadata (RFC 8414 section 3.3).
        verifier: How tokens are checked: asked of the authorization server, or by their signature.
        introspection_url: The introspection endpoint (RFC 7662), as this process reaches it.
        introspection_client_id: The client that introspects.
        introspection_client_secret_file: File that holds its secret; others must have no access to it.
        jwks_url: The key set (RFC 7517), as this process reaches it.
        scopes: The scopes that every request needs.
        tool_scopes: The scopes that single tools need besides, by the name of the tool.
        cache_seconds: How long the answer about a token, or its signature, is believed, in seconds; 0 looks each time.
        requests_per_minute: Requests that one subject may make in a minute, in the long run; 0 for any number.
        burst_requests: Requests that one subject may make at once, when it was quiet before.
        max_request_bytes: The longest body of a request, in bytes.
        tls_certificate_file: PEM file with the certificate chain; with it, the server speaks HTTPS.
        tls_key_file: PEM file with the private key, without a password; others must have no access to it.
        tls_terminated_by_proxy: Whether something in front speaks HTTPS, so that this process may listen without.
        shutdown_seconds: How long a request under way may take to end after SIGTERM, in seconds.
        metrics: Whether Prometheus metrics are served at ``/metrics``.
        audit_file: File the audit lines are appended to; standard output when absent.
        allowed_origins: Browser origins that may call besides loopback ones and the server's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)]
    url: Annotated[HttpUrl, AfterValidator(_resource_url)]
    issuer: Annotated[HttpUrl, AfterValidator(_no_trailing_slash)]
    verifier: Literal["introspection", "jwt"]
    introspection_url: HttpUrl | None = None
    introspection_client_id: Annotated[str, Field(min_length=1)] | None = None
    introspection_client_secret_file: Path | None = None
    jwks_url: HttpUrl | None = None
    scopes: tuple[Annotated[str, AfterValidator(_scope)], ...] = ("mcp:tools",)
    tool_scopes: dict[str, tuple[Annotated[str, AfterValidator(_scope)], ...]] = {}
    cache_seconds: Annotated[float, Field(ge=0, le=300)] = 3.0
    requests_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 600
    burst_requests: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    max_request_bytes: Annotated[int, Field(ge=1024, le=_LIBRARY_BYTES)] = 1024 * 1024
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    tls_terminated_by_proxy: bool = False
    shutdown_seconds: Annotated[float, Field(ge=0, le=300)] = 5.0
    metrics: bool = False
    audit_file: Path | None = None
    allowed_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()

    @field_validator("name")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be printable characters")
        return value

    @field_validator("scopes", "allowed_origins")
    @classmethod
    def _distinct(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("must not hold one entry twice")
        if info.field_name == "scopes" and not value:
            raise ValueError("must hold at least one scope")
        return value

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
        if parts.scheme == "http" and (with_tls or not _is_loopback(parts.hostname or "")):
            raise ValueError("url must be https" + ("" if with_tls else " unless its host is loopback"))
        if not (with_tls or self.tls_terminated_by_proxy or _is_loopback(self.host)):
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
    try:
        return Settings.model_validate_json(text)
    except ValidationError as error:
        # `from None`: the cause would carry the input, and a misplaced secret with it, into a traceback.
        raise SettingsError([f"{path}: {_line(problem)}" for problem in _problems(error)]) from None


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
