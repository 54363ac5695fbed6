"""Bases that several kinds of objects share."""
