"""The kinds of objects that the official Docker provider lacks."""

MODULE = "docker"
GROUPS = ("Containers",)
