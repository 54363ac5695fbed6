"""What every kind of container has in common."""

CONTAINER_SECRETS = frozenset({"environment", "arguments"})
"""Reports show neither, for a secret may stand there."""
