"""The provider's own configuration: how its handlers reach the world that they work on."""

from __future__ import annotations

from provision.core.spec import Model


class Configuration(Model):
    """The configuration of the provider, declared with marks on its fields like a spec.

    Every value travels as text, so every field is a text; ``Secret`` marks a field that is kept encrypted and never
    shown.
    """

    def place(self) -> str:
        """Return the text that tells this world from any other, such as the address of a server."""
        raise NotImplementedError

    def connect(self) -> object:
        """Return the object for ``Context.connection``; safe to use from many threads, and opened at its first use."""
        raise NotImplementedError
