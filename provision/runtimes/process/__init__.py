"""The process runtime: the stack's own Keycloak and its MCP servers as plain processes on this machine."""
