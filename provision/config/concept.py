"""The base of every part of the configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from provision.core.spec import DECLARED


class Concept(BaseModel):
    """A frozen part of the configuration."""

    model_config = ConfigDict(**DECLARED, use_attribute_docstrings=True)
