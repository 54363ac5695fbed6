"""The names of the configuration's keys; this module imports nothing slow."""

NAMESPACE = "provision"
"""Pulumi's namespace for the keys of a stack file."""

SERVER_SECRET = r"servers\[(\d+)\]\.introspectionClientSecret"  # noqa: S105 - the form of a key
"""The form of the key that holds the secret of one of several servers."""

SECRETS = ("adminClientSecret", "introspectionClientSecret", "demoUserPassword")
"""The keys whose values are secrets; dev and test stacks generate the secrets that are not set."""
