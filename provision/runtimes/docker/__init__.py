"""Containers: a Keycloak and MCP servers from images of the toolkit's own.

A container's files (settings, secrets) lie in a volume that it mounts read-only. Docker puts no file into a container
with a read-only root, so another container that mounts the volume too takes the uploads; it is made and never started.
"""
