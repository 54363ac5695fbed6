"""The MCP server names the authorization server that it trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.check import Evidence, check
from provision.verify.connection import json_object, origin, texts, well_known
from provision.verify.errors import Failed

if TYPE_CHECKING:
    from provision.verify.context import Context

_NAME = "oauth-protected-resource"


@check("resource-metadata", "The server publishes its protected resource metadata", place=10)
def resource_metadata(context: Context) -> Evidence[str]:
    """Prove that exact metadata is at the path-inserted and at the root address (RFC 9728 sections 3.1 and 3.3)."""
    target = context.target
    address = well_known(target.server_url, _NAME)
    for url in dict.fromkeys((address, f"{origin(target.server_url)}/.well-known/{_NAME}")):
        document = json_object(context.http.get(url), url)
        if document.get("resource") != target.server_url:
            raise Failed(f"{url}: resource is {document.get('resource')}, not {target.server_url}")
        named = texts(document, "authorization_servers")
        if named != (target.issuer,):
            raise Failed(f"{url}: authorization_servers is {' '.join(named) or 'empty'}, not {target.issuer}")
        # The specification's guidance on offline_access: refresh tokens are no business of a resource server.
        if "offline_access" in texts(document, "scopes_supported"):
            raise Failed(f"{url}: scopes_supported lists offline_access")
    return Evidence(f"resource {target.server_url}, authorization server {target.issuer}", address)
