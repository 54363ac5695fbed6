"""What every kind of container has in common."""

CONTAINER_FIELDS = (
    *("name", "image", "user", "readOnlyRoot", "capabilitiesAdded", "capabilitiesDropped", "privileged"),
    *("environment", "arguments", "publishedOn", "mounts", "securityOptions"),
)
"""What is told of it."""
CONTAINER_SECRETS = frozenset({"environment", "arguments"})
"""Reports show neither, for a secret may stand there."""
