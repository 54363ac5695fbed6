"""Registration: who may become a client by itself, and with what."""
