"""Kinds of its own: ``provision:scripted:Keycloak`` and ``provision:scripted:McpServer``."""

MODULE = "scripted"
