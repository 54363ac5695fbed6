"""The container runtime: Keycloak and MCP servers from images that the toolkit builds.

A container mounts its files (settings, secrets) read-only from a volume. Docker can't upload a file to a container
with a read-only root, so further containers, which are created and never started, receive the uploads into the volume.
"""
