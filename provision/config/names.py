"""The names that configuration goes by; nothing here costs anything to import."""

NAMESPACE = "provision"
"""Pulumi's namespace for the keys of a stack file."""

SERVER_SECRET = r"servers\[(\d+)\]\.introspectionClientSecret"  # noqa: S105 - the form of a key
"""What the key of the secret of one of several servers looks like."""

SECRETS = ("adminClientSecret", "introspectionClientSecret", "demoUserPassword")
"""The keys whose values are secrets; dev and test stacks generate those that are not set."""
