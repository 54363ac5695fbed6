"""One module per Keycloak object: its spec and its calls. ``session`` is the only door to the Admin API."""
