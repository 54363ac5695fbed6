"""Keycloak: access to a server (``connection``), the Admin API (``api``), and one module per kind (``objects``)."""
