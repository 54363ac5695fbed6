"""A FastMCP server of your own, protected."""

from fastmcp import FastMCP

from provision.server import serve

mcp = FastMCP("weather")


@mcp.tool
def forecast(city: str) -> str:
    """Say what the weather will be."""
    return f"Sunny in {city}"


serve(mcp.http_app())
