"""Client scopes of MCP servers, and the audiences that they put into tokens.

A program declares which server has which scope. In a realm alone, names and audiences decide.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from provision.keycloak.builtin import KEYCLOAK_SCOPES
from provision.rules.model import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.rules.definition import RuleContext
    from provision.rules.model import Resource

BESIDE: Final = ("AudienceMapper", "McpServer")
"""Kinds for ``beside`` of a rule that asks whether a scope is a server's."""
SCOPES: Final[Mapping[str, Any]] = {"scopes": ["mcp:*"]}
"""The parameter of such a rule: names of servers' scopes, used if no server and no audience decides. A star matches one
part between colons: `mcp:*` matches `mcp:tools` but not `mcp:math:multiply`, which is granted together with another scope.
"""
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_of_a_server(scope: Resource, context: RuleContext) -> bool:
    """Return whether clients get tokens for a server through a client scope, which must then bring the audience.

    Raises:
        Inconclusive: A value needed for the answer cannot be seen.
    """
    name = scope.get("name")
    if name in KEYCLOAK_SCOPES:
        return False
    if any(name in server.items("scopes") for server in context.seen("McpServer")):
        return True
    if is_of_tools(name, context):
        return False
    if any(_matches(name, pattern) for pattern in context.parameters["scopes"]):
        return True
    mappers = audience_mappers(context, realm=scope.get("realm"), scope=name)
    return any(custom_audience(mapper) is not None for mapper in mappers)


def is_looked_for(scope: Resource, context: RuleContext) -> bool:
    """Return whether a server looks for a scope in tokens: its own scope, or a scope of single tools.

    Raises:
        Inconclusive: A value needed for the answer cannot be seen.
    """
    name = scope.get("name")
    by_name = any(fnmatchcase(name, pattern) for pattern in context.parameters["scopes"])
    return by_name or is_of_tools(name, context) or is_of_a_server(scope, context)


def is_of_tools(name: str, context: RuleContext) -> bool:
    """Return whether single tools of a server need a scope in addition to the server's own.

    Raises:
        Inconclusive: A value needed for the answer cannot be seen.
    """
    return any(name in needed for server in context.seen("McpServer") for needed in _tools(server).values())


def audience_mappers(context: RuleContext, **equal: Any) -> Iterator[Resource]:
    """Yield the mappers that put an audience into access tokens.

    Raises:
        Inconclusive: There may be others that cannot be seen.
    """
    return context.of("AudienceMapper", addToAccessToken=True, **equal)


def audience(mapper: Resource) -> str:
    """Return the audience that a mapper puts into `aud`: text, or the id of a client.

    Raises:
        Inconclusive: The audience cannot be seen.
    """
    return str(custom_audience(mapper) or mapper.get("includedClientAudience") or "")


def custom_audience(mapper: Resource) -> str | None:
    """Return the text that a mapper puts into `aud`, or None if it puts a client there; declaring one removes the other.

    Raises:
        Inconclusive: The value cannot be seen.
    """
    named = mapper.properties
    if named.get("includedCustomAudience") is None and named.get("includedClientAudience") is not None:
        return None
    found: str | None = mapper.get("includedCustomAudience")
    return found


def client_audience(mapper: Resource) -> str | None:
    """Return the client that a mapper puts into `aud`, or None if it puts text there.

    Raises:
        Inconclusive: The value cannot be seen.
    """
    if "includedClientAudience" not in mapper.properties and mapper.properties.get("includedCustomAudience"):
        return None
    named: str | None = mapper.get("includedClientAudience")
    return named


def audience_of(server: Resource) -> str:
    """Return the audience that a server requires, or its URL if its settings cannot be seen (RFC 8707).

    Raises:
        Inconclusive: The server's URL cannot be seen either.
    """
    try:
        own = server.get("audience")
    except Inconclusive:
        own = None
    return str(own or server.get("url"))


def is_url(text: str) -> bool:
    """Return whether text is meant as the address of a server."""
    return "://" in text


def canonical(url: str) -> str:
    """Return a URL in its canonical form (RFC 8707, section 2; MCP "Canonical Server URI").

    Scheme and host in lower case, no default port, no user, no fragment, no slash at the end; empty if the text is no URL.
    """
    try:
        at = urlsplit(url.strip())
        host, port = at.hostname or "", at.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    place = host if port in {None, _DEFAULT_PORTS.get(at.scheme)} else f"{host}:{port}"
    return urlunsplit((at.scheme, place, at.path.rstrip("/"), at.query, "")) if host else ""


def _matches(name: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", "[^:]+"), name) is not None


def _tools(server: Resource) -> Mapping[str, Any]:
    found: Mapping[str, Any] = server.get("toolScopes") or {}
    return found
