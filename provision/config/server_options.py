"""What an MCP server is told as the user says it: in the stack file, on the resource and in its settings alike."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from provision.config.concept import Concept
from provision.config.names import SCOPE
from provision.core.spec import Unordered


class ServerOptions(Concept):
    """The options of a server; each is a setting of the same name (:class:`provision.server.settings.Settings`)."""

    tool_scopes: dict[str, tuple[Annotated[str, Field(pattern=SCOPE)], ...]] = Field(default={})
    """Scopes that single tools need besides the server's own, by the tool's name; a client asks for them when it needs them."""
    verifier: Literal["introspection", "jwt"] = "introspection"
    """How it checks tokens: by asking Keycloak (RFC 7662) or by their signature (RFC 9068)."""
    cache_seconds: int = Field(default=3, ge=0, le=60)
    """Seconds that an introspection answer is believed; a revoked token works at most that long."""
    requests_per_minute: int = Field(default=600, ge=0, le=1_000_000)
    """Requests that one user may make in a minute, in the long run; more get 429, 0 is any number."""
    burst_requests: int = Field(default=100, ge=1, le=1_000_000)
    """Requests that one user may make at once after a quiet time."""
    metrics: bool = False
    """Serve Prometheus metrics at `/metrics`, to whoever can reach the server."""
    allowed_origins: Annotated[tuple[str, ...], Unordered] = ()
    """Web pages that may call it, such as `https://inspector.example.org`, besides those on this machine."""

    def options(self) -> dict[str, Any]:
        """The options alone, as they stand here, under the names of the server's settings."""
        return self.model_dump(mode="json", include=set(ServerOptions.model_fields))
