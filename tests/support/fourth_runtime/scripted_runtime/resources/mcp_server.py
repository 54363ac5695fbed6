from provision.core.handler import Handler
from provision.runtimes.process.resources import mcp_server


class McpServer(mcp_server.McpServer, module="scripted"):
    """An MCP server that a script starts."""


class McpServerHandler(mcp_server.McpServerHandler, Handler[McpServer]):
    """A handler that treats the server like a process."""
