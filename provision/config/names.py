"""The names that configuration goes by; nothing here costs anything to import."""

NAMESPACE = "provision"
"""Pulumi's namespace for the keys of a stack file."""

SCOPE = r'^[^\s"\\]+$'
"""What the name of a scope looks like (RFC 6749, section 3.3)."""

SERVER_SECRET = r"servers\[(\d+)\]\.introspectionClientSecret"  # noqa: S105 - the form of a key
"""What the key of the secret of one of several servers looks like."""

SECRETS = ("adminClientSecret", "introspectionClientSecret", "demoUserPassword")
"""The keys whose values are secrets; dev and test stacks generate those that are not set."""
