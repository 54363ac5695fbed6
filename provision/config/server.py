"""The MCP server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provision.config.concept import Concept
from provision.config.names import SCOPE


class ServerConfig(Concept):
    """The protected MCP server."""

    name: str = Field(default="calculator", pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Its name in outputs and logs."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """The port on localhost; left out, a free one is chosen at the first start and kept."""
    url: str | None = Field(default=None, pattern=r"^https?://[^\s#]*[^/\s#]$")
    """Where a server runs that this stack does not start; its canonical URI, which is the audience of its tokens."""
    verifier: Literal["introspection", "jwt"] = "introspection"
    """How it checks tokens: by asking Keycloak (RFC 7662) or by their signature (RFC 9068)."""
    cache_seconds: int = Field(default=3, ge=0, le=60)
    """Seconds that an introspection answer is believed; a revoked token works at most that long."""
    tool_scopes: dict[str, tuple[Annotated[str, Field(pattern=SCOPE)], ...]] = Field(default={})
    """Scopes that single tools need besides `scope.name`, by the tool's name; a client asks for them when it needs them."""
    client_id: str = Field(default="mcp-server", min_length=1)
    """The confidential client with which it introspects."""

    @property
    def further_scopes(self) -> dict[str, tuple[str, ...]]:
        """The scopes of single tools, each with the tools that need it."""
        found: dict[str, tuple[str, ...]] = {}
        for tool, scopes in self.tool_scopes.items():
            for scope in scopes:
                found[scope] = (*found.get(scope, ()), tool)
        return found
