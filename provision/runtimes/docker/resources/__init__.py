"""What the official Docker provider does not have."""

MODULE = "docker"
