"""The reader of an MCP server's settings, arguments and variables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from provision._lib.urls import host, is_loopback
from provision.rules.helpers.secret_names import HIDDEN
from provision.rules.model import MASKED, Resource
from provision.rules.sources.adapters.program import YES, Program, is_hidden
from provision.rules.sources.kinds import OF_A_STACK
from provision.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = OF_A_STACK["McpServer"]
ELSEWHERE: dict[str, Any] = {**dict.fromkeys(FIELDS, MASKED), "arguments": []}
"""The properties of a server whose settings are in its own code or elsewhere."""
DEFAULTS: dict[str, Any] = {
    name: list(field.default) if isinstance(field.default, tuple) else field.default
    for name, field in Settings.model_fields.items()
    if not field.is_required()
}
"""The server's values for settings that are left out."""
_OURS = {"sessionIdentity": False, "detailedErrors": False, "logLevel": "info", "arguments": []}
_LEVELS = ("FASTMCP_LOG_LEVEL", "MCP_LOG_LEVEL", "LOG_LEVEL", "LOGLEVEL")
_DEBUG = ("FASTMCP_DEBUG", "DEBUG")
_LOG_OPTIONS = ("--log-level", "--log_level", "--loglevel")


def read(content: Any) -> dict[str, Any] | None:
    """Return the settings in a file, or None if the file holds none or cannot be seen."""
    if not isinstance(content, str):
        return None
    try:
        found = json.loads(content)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and {"issuer", "url"} & found.keys() else None


def properties_of_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that follow from settings (:mod:`provision.server.settings`).

    A server is on this machine if its address, a URL or a bare host, is a loopback one.
    """
    url, issuer = settings.get("url"), settings.get("issuer")
    issuers = issuer if isinstance(issuer, list) else [] if issuer is None else [issuer]
    certificate = settings.get("tls_certificate_file")
    with_tls = (
        certificate
        if is_hidden(certificate)
        else bool(certificate or settings.get("tls_terminated_by_proxy"))
    )
    return {
        "name": settings.get("name"),
        "url": url,
        "issuer": issuers[0] if issuers else None,
        "issuers": issuers,
        "verifier": settings.get("verifier", DEFAULTS["verifier"]),
        "audience": url,
        "introspectionUrl": settings.get("introspection_url"),
        "jwksUrl": settings.get("jwks_url"),
        "loopback": url if is_hidden(url) else is_loopback(host(str(url))),
        "tls": with_tls,
        "authorizationServers": settings.get("authorization_servers", issuers),
        "scopes": settings.get("scopes", DEFAULTS["scopes"]),
        "toolScopes": settings.get("tool_scopes", DEFAULTS["tool_scopes"]),
        "introspectionClientId": settings.get("introspection_client_id"),
    }


def mcp_server(
    name: str, properties: Mapping[str, Any], *, own: Program | None, paths: Mapping[str, str]
) -> Resource:
    """Return an MCP server.

    Args:
        name: The server's name in reports.
        properties: The server's known properties.
        own: The program of a user's own server; None for the reference server.
        paths: Paths of properties in the declared resource.
    """
    started = dict(_OURS) if own is None else habits(own)
    return Resource(
        "McpServer",
        name,
        {**properties, **started},
        secrets=frozenset({"arguments"}),
        paths=paths,
    )


def habits(program: Program) -> dict[str, Any]:
    """Return the risky features that a server's arguments and variables switch on; its code, unseen, may do so too.

    Args:
        program: The program; a container's arguments are judged with the container.
    """
    environment = program.environment
    level = next((environment[name] for name in _LEVELS if name in environment), None) or _level(
        program.words
    )
    masked = environment.get("FASTMCP_MASK_ERROR_DETAILS")
    debug = "--debug" in program.words or any(_on(environment.get(name)) for name in _DEBUG)
    detailed = True if debug else masked if is_hidden(masked) else None if masked is None else not _on(masked)
    hidden = environment.get(HIDDEN) or program.hidden
    return {
        "sessionIdentity": MASKED,
        "logLevel": "debug" if level is None and debug else level or hidden or "",
        "detailedErrors": hidden or False if detailed is None else detailed,
        "arguments": [] if program.image else list(program.arguments),
    }


def is_fastmcp(program: Program) -> bool:
    """Return whether the variables or the command belong to a FastMCP server."""
    return any(name.startswith("FASTMCP_") for name in program.environment) or any(
        word.rpartition("/")[2] == "fastmcp" for word in program.words
    )


def _level(words: tuple[str, ...]) -> str | None:
    for index, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option.lower() in _LOG_OPTIONS:
            return value if equals else words[index + 1] if index + 1 < len(words) else None
    return None


def _on(value: Any) -> bool:
    return isinstance(value, str) and value.lower() in YES
