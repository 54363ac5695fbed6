"""Which client scopes are of MCP servers, and which audiences they put into tokens: what several rules ask.

A program tells which server has which scope. A realm alone does not: then names and audiences have to do.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from provision.keycloak.builtin import KEYCLOAK_SCOPES
from provision.rules.thing import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing

BESIDE: Final = ("AudienceMapper", "McpServer")
"""What a rule has to look at besides a scope, to tell whether it is a server's."""
SCOPES: Final[Mapping[str, Any]] = {"scopes": ["mcp:*"]}
"""The parameter of such a rule: names of servers' scopes, where no server and no audience tells. A star is one part
between colons, so that `mcp:*` is `mcp:tools` and not `mcp:math:multiply`, which comes together with another."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_of_a_server(scope: Thing, scene: Scene) -> bool:
    """Whether a client scope is the one by which clients get tokens for a server, and so has to bring its audience.

    Raises:
        UndecidedError: It can't be told.
    """
    name = scope.get("name")
    if name in KEYCLOAK_SCOPES:
        return False
    if any(name in server.items("scopes") for server in scene.seen("McpServer")):
        return True
    if is_of_tools(name, scene):
        return False
    if any(_matches(name, pattern) for pattern in scene.parameters["scopes"]):
        return True
    mappers = audience_mappers(scene, realm=scope.get("realm"), scope=name)
    return any(custom_audience(mapper) is not None for mapper in mappers)


def is_looked_for(scope: Thing, scene: Scene) -> bool:
    """Whether a server looks for the scope in a token: its own one, or one that single tools need besides.

    Raises:
        UndecidedError: It can't be told.
    """
    name = scope.get("name")
    by_name = any(fnmatchcase(name, pattern) for pattern in scene.parameters["scopes"])
    return by_name or is_of_tools(name, scene) or is_of_a_server(scope, scene)


def is_of_tools(name: str, scene: Scene) -> bool:
    """Whether single tools of a server need it besides the server's own.

    Raises:
        UndecidedError: It can't be told.
    """
    return any(name in needed for server in scene.seen("McpServer") for needed in _tools(server).values())


def audience_mappers(scene: Scene, **equal: Any) -> Iterator[Thing]:
    """The mappers that put an audience into access tokens.

    Raises:
        UndecidedError: Of others it can't be seen whether they are among them.
    """
    return scene.of("AudienceMapper", addToAccessToken=True, **equal)


def audience(mapper: Thing) -> str:
    """What a mapper puts into `aud`: text, or the id of a client.

    Raises:
        UndecidedError: It can't be seen.
    """
    return str(custom_audience(mapper) or mapper.get("includedClientAudience") or "")


def custom_audience(mapper: Thing) -> str | None:
    """The text that a mapper puts into `aud`; None for one that puts a client there, since declaring one takes the other away.

    Raises:
        UndecidedError: It can't be seen.
    """
    named = mapper.properties
    if named.get("includedCustomAudience") is None and named.get("includedClientAudience") is not None:
        return None
    found: str | None = mapper.get("includedCustomAudience")
    return found


def client_audience(mapper: Thing) -> str | None:
    """The client that a mapper puts into `aud`; None for one that puts a text there.

    Raises:
        UndecidedError: It can't be seen.
    """
    if "includedClientAudience" not in mapper.properties and mapper.properties.get("includedCustomAudience"):
        return None
    named: str | None = mapper.get("includedClientAudience")
    return named


def audience_of(server: Thing) -> str:
    """What a server asks tokens to name: where its settings can't be seen its URL, as it should be (RFC 8707).

    Raises:
        UndecidedError: Its URL can't be seen either.
    """
    try:
        own = server.get("audience")
    except UndecidedError:
        own = None
    return str(own or server.get("url"))


def is_url(text: str) -> bool:
    """Whether it is meant as the address of a server."""
    return "://" in text


def canonical(url: str) -> str:
    """A URL as a server's canonical URI should be written (RFC 8707, section 2; MCP "Canonical Server URI").

    Scheme and host in small letters, no default port, no name or password, no fragment, no slash at the end; empty for
    what is no URL.
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


def _tools(server: Thing) -> Mapping[str, Any]:
    found: Mapping[str, Any] = server.get("toolScopes") or {}
    return found
