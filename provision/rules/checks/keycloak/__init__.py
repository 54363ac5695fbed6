"""The Keycloak server: how it is started and what it opens to others."""
