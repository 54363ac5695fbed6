"""What the provider itself is configured with: how the world is reached that its handlers work on."""

from __future__ import annotations

from provision.core.spec import Model


class Configuration(Model):
    """The configuration of the provider, declared as a spec is.

    Every value travels as text, so every field is a text; ``Secret`` marks one that is kept encrypted and never shown.
    """

    def place(self) -> str:
        """What tells the world that is reached from any other."""
        raise NotImplementedError

    def connect(self) -> object:
        """What handlers get as ``Context.connection``; safe to use from many threads, and opened at its first use."""
        raise NotImplementedError
