"""The options of an MCP server, each declared here and nowhere else.

The stack file, the resource ``process:McpServer`` and the server's own settings take from here the name (camelCase in
the stack file), the meaning, the limits and the default of each option. ``docs/server.md`` lists them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from provision.server.values import Origins, Scope  # noqa: TC001 - pydantic needs them when the model is built

REFERENCE_TOOLS = ("add_numbers", "multiply_numbers")
"""The tools of the reference server."""
SCOPES_OF_TOOL = "provision/scopes"
"""The JSON-RPC method that asks whether a token has the scopes of the tool in ``params.name``, without a call of the tool."""


def _without_point(seconds: float) -> Any:
    """Return a whole number as an integer: a settings file says 60, not 60.0, however the number was written."""
    return int(seconds) if float(seconds).is_integer() else seconds


class ServerOptions(BaseModel):
    """The user's options for a server, wherever it runs."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    tool_scopes: dict[str, tuple[Scope, ...]] = Field(
        default={},
        description="Scopes that single tools need besides the server's own, by the tool's name; a client asks for them"
        " when it needs them, so they stand in neither the 401 challenge nor the metadata.",
    )
    verifier: Literal["introspection", "jwt"] = Field(
        default="introspection",
        description="How it checks tokens: by asking Keycloak (RFC 7662) or by their signature (RFC 9068).",
    )
    # No longer than a minute: introspection is chosen for the sake of revocation, and after the 300 s that an access
    # token lives by default a revoked token would have expired anyway.
    cache_seconds: Annotated[float, PlainSerializer(_without_point)] = Field(
        default=3,
        ge=0,
        le=60,
        description="Seconds that the answer about a token is believed, 0 asks each time; a revoked token works at most"
        " that much longer. With `jwt`, seconds for which a good signature is not computed again.",
    )
    requests_per_minute: int = Field(
        default=600,
        ge=0,
        le=1_000_000,
        description="Requests that one user may make in a minute, in the long run; more get 429, 0 is any number.",
    )
    burst_requests: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        description="Requests that one user may make at once after a quiet time.",
    )
    metrics: bool = Field(
        default=False,
        description="Serve Prometheus metrics at `/metrics`, to whoever can reach the server.",
    )
    allowed_origins: Origins = Field(
        default=(),
        description="Web pages that may call it and read its answers (CORS), such as `https://inspector.example.org`,"
        " besides those on this machine and the server's own; exactly as browsers send them.",
    )

    def options(self) -> dict[str, Any]:
        """Return the options alone, under the names of the server's settings."""
        return self.model_dump(mode="json", include=set(ServerOptions.model_fields))

    def unknown_tools(self) -> list[str]:
        """Return the tools in ``tool_scopes`` that the reference server does not have."""
        return sorted(self.tool_scopes.keys() - set(REFERENCE_TOOLS))
