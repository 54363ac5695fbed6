"""Declared resources that are no Keycloak objects, as resources of rules: one module for each type."""
