"""Deployments: the MCP server's own settings, and the containers that servers run in."""
