"""A server of your own with the official SDK, protected."""

from mcp.server import MCPServer

from provision.server import serve

mcp = MCPServer("weather")


@mcp.tool()
def forecast(city: str) -> str:
    """Say what the weather will be."""
    return f"Sunny in {city}"


serve(mcp.streamable_http_app())
