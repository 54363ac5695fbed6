"""Clients that registered themselves."""
