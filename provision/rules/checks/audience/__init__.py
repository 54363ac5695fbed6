"""Audience: the server for which a token is good."""
