"""Clients: their grants, redirects and secrets."""
