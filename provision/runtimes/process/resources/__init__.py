"""The process runtime's resources: Keycloak and the MCP server as processes of this machine."""

MODULE = "process"
