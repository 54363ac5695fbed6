"""An MCP server's settings, as rules look at them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from provision._lib.urls import host, is_loopback
from provision.rules.adapters.program import HIDDEN, YES, Program, is_hidden
from provision.rules.thing import MASKED, Thing
from provision.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = (
    *("name", "url", "issuer", "issuers", "verifier", "audience", "introspectionUrl", "jwksUrl", "loopback"),
    *("tls", "authorizationServers", "sessionIdentity", "detailedErrors", "logLevel", "scopes", "toolScopes"),
    *("introspectionClientId", "arguments"),
)
ELSEWHERE: dict[str, Any] = {**dict.fromkeys(FIELDS, MASKED), "arguments": []}
"""What is known of a server whose settings are in its own code, or somewhere else."""
DEFAULTS: dict[str, Any] = {
    name: list(field.default) if isinstance(field.default, tuple) else field.default
    for name, field in Settings.model_fields.items()
    if not field.is_required()
}
"""What the server takes for a setting that is left out."""
_OURS = {"sessionIdentity": False, "detailedErrors": False, "logLevel": "info", "arguments": []}
_LEVELS = ("FASTMCP_LOG_LEVEL", "MCP_LOG_LEVEL", "LOG_LEVEL", "LOGLEVEL")
_DEBUG = ("FASTMCP_DEBUG", "DEBUG")
_LOG_OPTIONS = ("--log-level", "--log_level", "--loglevel")


def read(content: Any) -> dict[str, Any] | None:
    """A settings file's content; None when it is none, or can't be seen."""
    if not isinstance(content, str):
        return None
    try:
        found = json.loads(content)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and {"issuer", "url"} & found.keys() else None


def told(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the server makes of its settings: :mod:`provision.server.settings`.

    It is on this machine when its address is, given as a URL or as a bare host; what is no URL is not.
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
) -> Thing:
    """An MCP server.

    Args:
        name: What reports call it.
        properties: What is known of it.
        own: How it is started, if it is somebody's own; None for the reference server.
        paths: Where properties stand in the resource.
    """
    started = dict(_OURS) if own is None else habits(own)
    return Thing(
        "McpServer",
        name,
        {**properties, **started},
        secrets=frozenset({"arguments"}),
        paths=paths,
    )


def habits(program: Program) -> dict[str, Any]:
    """What arguments and variables of a server switch on; its code may do so too, which can't be seen.

    Args:
        program: How it is started; the arguments of a container are looked at there.
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
    """Whether it is a server made with FastMCP, by its variables or its command."""
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
