"""The Pulumi CLI (found or built), the Automation API and its events."""
