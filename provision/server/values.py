"""The types of a server's values, each with its one check: for its settings, the stack file and resources alike."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, AnyHttpUrl, Field, ValidationError

_Path = TypeVar("_Path", str, Path)

SCOPE = r"^[\x21\x23-\x5B\x5D-\x7E]+$"
"""A scope name: RFC 6749 section 3.3, `scope-token`. The challenge header quotes it."""
ORIGIN = r"^[a-z][a-z0-9+.-]*://([^\s/?#@:*\[\]A-Z]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?$"
"""An origin: RFC 6454 section 6.2, as browsers send it."""
STORED = 255
"""The longest name or secret that Keycloak stores, in characters."""
_OFFLINE = "offline_access"
_HIGHEST_PORT = 65535


def scope(value: str) -> str:
    """Return a scope that a server may ask for.

    Raises:
        ValueError: The text is no scope name, or names the scope for refresh tokens.
    """
    if not re.fullmatch(SCOPE, value):
        raise ValueError(
            "must be scope names without spaces, quotes or backslashes, in ASCII (RFC 6749, section 3.3)"
        )
    if value == _OFFLINE:
        raise ValueError(f"must not hold {_OFFLINE}: a resource server does not ask for refresh tokens")
    return value


def origin(value: str) -> str:
    """Return the origin of a web page, as in the header ``Origin``.

    Raises:
        ValueError: No browser sends the text: it has a path, capital letters, the scheme's own port, or is no origin.
    """
    match = re.fullmatch(ORIGIN, value)
    if match is None or int((match[2] or ":0")[1:]) > _HIGHEST_PORT or not _is_sent(value):
        raise ValueError(
            "must be exact origins such as http://localhost:6274, without a path;"
            " in lower case and without the scheme's own port, as browsers send them"
        )
    return value


def _is_sent(value: str) -> bool:
    """Return whether an origin has the form that browsers send; they normalise http and https only."""
    if not value.startswith(("http:", "https:")):
        return value.isascii()
    try:
        return str(AnyHttpUrl(value)) == f"{value}/"
    except ValidationError:
        return False


def http_url(value: str) -> str:
    """Return a URL that is compared as a string.

    Raises:
        ValueError: The text is no http or https URL in canonical form, or has credentials, a query or a fragment.
    """
    if "#" in value or "?" in value:
        raise ValueError("must have no query and no fragment")
    return url_with_query(value)


def url_with_query(value: str) -> str:
    """Return a URL that is compared as a string and may have a query.

    Raises:
        ValueError: The text is no http or https URL in canonical form, or has credentials or a fragment.
    """
    canonical = str(_parsed(value))
    if "#" in value:
        raise ValueError("must have no fragment")
    if value not in {canonical, canonical.removesuffix("/")}:
        wanted = canonical if value.endswith("/") else canonical.removesuffix("/")
        raise ValueError(f"must be in its canonical form: {wanted}")
    return value


def base_url(value: str) -> str:
    """Return a base address for other URLs, in any working spelling.

    Raises:
        ValueError: The text is no http or https URL, or has credentials.
    """
    _parsed(value)
    return value


def _parsed(value: str) -> AnyHttpUrl:
    try:
        parts = urlsplit(value)
        host, credentials = parts.hostname, (parts.username, parts.password)
        parsed = AnyHttpUrl(value)
    except ValueError:  # pydantic's own text would repeat the value
        raise ValueError("must be an http or https URL") from None
    if not host:
        raise ValueError("must be an http or https URL")
    if credentials != (None, None):
        raise ValueError("must not hold a user name or a password")
    return parsed


def no_trailing_slash(value: str) -> str:
    """Return a URL that does not end in a slash.

    Raises:
        ValueError: The URL ends in a slash.
    """
    if value.endswith("/"):
        raise ValueError("must not end in a slash: clients compare the string exactly")
    return value


def endpoint(value: str) -> str:
    """Return the URL of an MCP endpoint.

    Raises:
        ValueError: The path of the URL is another one.
    """
    if not value.endswith("/mcp"):
        raise ValueError("must end in /mcp, without a trailing slash")
    return value


def printable(value: str) -> str:
    """Return a text of printable characters.

    Raises:
        ValueError: The text holds another character.
    """
    if not value.isprintable():
        raise ValueError("must be printable characters")
    return value


def one_line(value: str) -> str:
    """Return a secret that fits into a file of its own.

    Raises:
        ValueError: The file would not give back the same secret. The text never quotes the secret.
    """
    if not value.isprintable():
        raise ValueError("must be printable characters on one line")
    return value


def distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return entries without duplicates.

    Raises:
        ValueError: An entry occurs twice.
    """
    if len(set(value)) != len(value):
        raise ValueError("must not hold one entry twice")
    return value


def file_name(value: _Path) -> _Path:
    """Return a path that a file can have.

    Raises:
        ValueError: The path holds a NUL character.
    """
    if "\0" in str(value):
        raise ValueError("must be the path of a file")
    return value


def is_loopback(host: str) -> bool:
    """Return whether a host is the loopback interface of this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Scope = Annotated[
    str,
    Field(max_length=STORED, json_schema_extra={"pattern": SCOPE, "not": {"const": _OFFLINE}}),
    AfterValidator(scope),
]
Origin = Annotated[str, Field(json_schema_extra={"pattern": ORIGIN}), AfterValidator(origin)]
Origins = Annotated[
    tuple[Origin, ...], Field(json_schema_extra={"uniqueItems": True}), AfterValidator(distinct)
]
Port = Annotated[int, Field(ge=1, le=_HIGHEST_PORT)]
HttpUrl = Annotated[str, AfterValidator(http_url)]
Issuer = Annotated[HttpUrl, AfterValidator(no_trailing_slash)]
ServerName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(printable)]
ClientId = Annotated[str, Field(min_length=1, max_length=STORED), AfterValidator(printable)]
FilePath = Annotated[Path, AfterValidator(file_name)]
