"""A Keycloak that somebody else runs; the MCP servers run as processes of this machine."""
