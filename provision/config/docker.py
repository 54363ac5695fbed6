"""The containers of a stack."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provision.config.concept import Concept


class DockerConfig(Concept):
    """The containers of a stack with `runtime: docker`."""

    base_images: dict[Literal["keycloak", "python"], str] = Field(default={})
    """Base images of the stack's own images, best with a digest; the official Keycloak and Python images when left out."""
