"""The settings file of an MCP server that a stack starts; what its keys mean: :mod:`provision.server.settings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.config.server_options import ServerOptions


def settings(
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
) -> dict[str, Any]:
    """What the file holds.

    Args:
        options: What the user says of the server.
        name: What clients are shown.
        listens: The address and the port that it listens on.
        url: Its canonical URI (RFC 8707).
        issuer: The realm's issuer.
        realm_url: Where the server itself reaches the realm, which may be elsewhere.
        scopes: What every call needs.
        client_id: The client with which it introspects; None for the one that is named like its URL.
        secret_file: The file with that client's secret, as the server finds it.
    """
    host, port = listens
    endpoints = f"{realm_url}/protocol/openid-connect"
    return {
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
    }
