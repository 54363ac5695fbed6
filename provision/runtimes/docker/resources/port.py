"""A port of this machine that a container is published on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.spec import Calls, Found, NaturalKey, Spec


class Port(Spec, module="docker"):
    """A port on loopback, chosen once and kept: the issuer and the audience of tokens depend on it."""

    name: Annotated[str, NaturalKey] = Field(min_length=1, description="What it is for.")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Left out, a free one is chosen and kept."
    )


class PortCalls(Calls[Port]):
    """Lives in the state and nowhere else; whoever publishes it takes it."""

    def complete(self, spec: Port, old: Port | None) -> Port:
        """Keep the port that was chosen before; choose one at the first check."""
        from provision.runtimes.process.ports import with_port

        return with_port(spec, old)

    def find(self, key: Port) -> Found[Port] | None:
        """It is wherever its number is known: in the state."""
        return Found(key.name, key) if getattr(key, "port", None) else None

    def ours(self, spec: Port, found: Found[Port]) -> bool:
        """It never was anybody else's."""
        del spec, found
        return True

    def create(self, spec: Port) -> None:
        """Refuse one that somebody else holds."""
        from provision.runtimes.docker.published import ensure_free

        assert spec.port is not None  # noqa: S101 - every check completes it
        ensure_free(spec.port)

    def update(self, found: Found[Port], spec: Port) -> None:
        """It is chosen, or chosen anew: the same."""
        del found
        self.create(spec)

    def delete(self, found: Found[Port]) -> None:
        """Nothing to remove."""
