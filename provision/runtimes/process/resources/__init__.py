"""The process runtime's resources: Keycloak and the MCP server as processes on this machine."""

MODULE = "process"
GROUPS = ("Processes of this machine",)
