"""The reader of an MCP server that is a process on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision._lib.urls import of_port
from provision.rules.model import UNKNOWN
from provision.rules.sources.adapters.program import Program, is_hidden, seen
from provision.rules.sources.adapters.server_settings import DEFAULTS, mcp_server, properties_of_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.model import Resource
    from provision.rules.sources.resource_input import ResourceInput


def resources(declared: ResourceInput) -> Iterator[Resource]:
    """Yield the server; it listens on loopback only, and its addresses follow from port and issuer."""
    properties = declared.properties
    port, issuer = properties.get("port"), properties.get("issuer")
    reached_by = "realmUrl" if properties.get("realmUrl") is not None else "issuer"
    realm = properties.get(reached_by)
    unseen = is_hidden(realm) or realm is None
    url = _url(port, properties.get("tlsCertificateFile"))
    endpoint = realm if unseen else f"{realm}/protocol/openid-connect"
    settings = {
        "name": properties.get("name"),
        "url": url,
        "tls_certificate_file": properties.get("tlsCertificateFile"),
        "issuer": issuer,
        "verifier": properties.get("verifier", DEFAULTS["verifier"]),
        "scopes": properties.get("scopes", []),
        "tool_scopes": properties.get("toolScopes") or {},
        "introspection_client_id": properties.get("introspectionClientId") or url,
        "introspection_url": endpoint if unseen else f"{endpoint}/token/introspect",
        "jwks_url": endpoint if unseen else f"{endpoint}/certs",
    }
    command = seen(properties.get("command"))
    yield mcp_server(
        declared.name,
        {**properties_of_settings(settings), "loopback": True},
        own=Program(arguments=tuple(command)) if command else None,
        paths={
            "arguments": "command",
            "logLevel": "command",
            "detailedErrors": "command",
            "tls": "tlsCertificateFile",
            **dict.fromkeys(("url", "audience"), "port"),
            **dict.fromkeys(("issuers", "authorizationServers"), "issuer"),
            **dict.fromkeys(("introspectionUrl", "jwksUrl"), reached_by),
        },
    )


def _url(port: Any, certificate: Any) -> Any:
    if is_hidden(certificate):
        return certificate
    if port is None or is_hidden(port):
        return UNKNOWN
    return f"{of_port(int(port), tls=bool(certificate))}/mcp"
