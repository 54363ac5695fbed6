"""Registration: who may become a client without an administrator, and with which properties."""
