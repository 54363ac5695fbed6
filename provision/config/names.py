"""The names that configuration goes by; nothing here costs anything to import."""

NAMESPACE = "provision"
"""Pulumi's namespace for the keys of a stack file."""

SCOPE = r'^[^\s"\\]+$'
"""What the name of a scope looks like (RFC 6749, section 3.3)."""

SECRETS = ("adminClientSecret", "introspectionClientSecret", "demoUserPassword")
"""The keys whose values are secrets; dev and test stacks generate those that are not set."""
