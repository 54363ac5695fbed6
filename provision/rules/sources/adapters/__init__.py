"""Readers of declared resources that are no Keycloak objects: one module for each type."""
