"""Provision MCP authorization: Keycloak, a realm that follows the MCP specification and a protected MCP server."""
