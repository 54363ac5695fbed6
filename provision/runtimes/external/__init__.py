"""The runtime with an external Keycloak; the MCP servers run as processes on this machine."""
