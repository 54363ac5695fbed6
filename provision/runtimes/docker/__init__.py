"""Containers: a Keycloak and MCP servers from images of the toolkit's own.

A container's files (settings, secrets) lie in a volume that it mounts read-only. Docker puts no file into a container
with a read-only root, so other containers that mount the volume too take the uploads; they are made and never started.
"""
