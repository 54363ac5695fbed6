"""Audience: for which server a token is good."""
