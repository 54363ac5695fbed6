"""The component that puts a stack together."""
