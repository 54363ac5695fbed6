"""The runtime's own kinds: ``provision:scripted:Keycloak`` and ``provision:scripted:McpServer``."""

MODULE = "scripted"
