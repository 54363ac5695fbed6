"""The native Pulumi provider; the only part that speaks the provider protocol."""
