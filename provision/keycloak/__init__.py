"""A Keycloak: how it is reached (``connection``), its Admin API (``api``), one module for each kind of object (``objects``)."""
