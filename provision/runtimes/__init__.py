"""The runtimes, in which Keycloak and MCP servers run: one folder per runtime."""
