"""Containers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provision.config.concept import Concept


class DockerConfig(Concept):
    """The containers of a stack with `runtime: docker`."""

    base_images: dict[Literal["keycloak", "python"], str] = Field(default={})
    """What the images are built on, best with a digest, where it is not the official Keycloak and Python."""
