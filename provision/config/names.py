"""The names of the configuration's keys; this module imports nothing slow."""

NAMESPACE = "provision"
"""Pulumi's namespace for the keys of a stack file."""
