"""A port of this machine on which a container is published."""

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
    """The handler of ports, which exist in the state and nowhere else until a container is published."""

    def fill_defaults(self, spec: Port, old: Port | None) -> Port:
        """Return the spec with the port that was chosen before, or with a free port at the first check."""
        from provision.runtimes.process.ports import with_port

        return with_port(spec, old)

    def find(self, key: Port) -> Observed[Port] | None:
        """Return the port that the key carries, or None if the key has no number."""
        return Observed(key.name, key) if getattr(key, "port", None) else None

    def create(self, spec: Port) -> None:
        """Refuse a port that a foreign process or container holds."""
        from provision.runtimes.docker.published import ensure_free

        assert spec.port is not None  # noqa: S101 - every check fills in the port
        ensure_free(spec.port)

    def delete(self, found: Observed[Port]) -> None:
        """Do nothing: the state drops the port."""
