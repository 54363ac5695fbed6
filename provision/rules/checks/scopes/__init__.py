"""Scopes: what a token allows."""
