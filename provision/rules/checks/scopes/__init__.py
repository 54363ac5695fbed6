"""Scopes: the permissions in a token."""
