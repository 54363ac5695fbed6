"""The declaration of objects, and the protocol of their handlers."""
