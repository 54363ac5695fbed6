"""The door to Keycloak's Admin API."""
