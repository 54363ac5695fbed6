"""The reference MCP server: two tools behind MCP authorization, started with ``python -m provision.server``."""
