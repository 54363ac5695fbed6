"""The access to Keycloak's Admin API."""
