"""A port of this machine that a container is published on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.core.handler import LocalHandler, Observed
from provision.core.spec import NaturalKey, Spec


class Port(Spec, module="docker"):
    """A port on loopback, chosen once and kept: the issuer and the audience of tokens depend on it."""

    name: Annotated[str, NaturalKey] = Field(min_length=1, description="What it is for.")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Left out, a free one is chosen and kept."
    )


class PortHandler(LocalHandler[Port]):
    """Lives in the state and nowhere else; whoever publishes it takes it."""

    def fill_defaults(self, spec: Port, old: Port | None) -> Port:
        """Keep the port that was chosen before; choose one at the first check."""
        from provision.runtimes.process.ports import with_port

        return with_port(spec, old)

    def find(self, key: Port) -> Observed[Port] | None:
        """It is wherever its number is known: in the state."""
        return Observed(key.name, key) if getattr(key, "port", None) else None

    def create(self, spec: Port) -> None:
        """Refuse one that somebody else holds."""
        from provision.runtimes.docker.published import ensure_free

        assert spec.port is not None  # noqa: S101 - every check completes it
        ensure_free(spec.port)

    def delete(self, found: Observed[Port]) -> None:
        """Nothing to remove."""
