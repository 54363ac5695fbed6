"""What every part of the configuration has in common, and with it every declared object."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

DECLARED = ConfigDict(
    frozen=True,
    extra="forbid",
    alias_generator=to_camel,
    validate_by_name=True,
    validate_by_alias=True,
    hide_input_in_errors=True,
)
"""How all is read that users declare: keys are written in camelCase, as Pulumi's own are, and no error repeats a value."""


class Concept(BaseModel):
    """A frozen part of the configuration."""

    model_config = ConfigDict(**DECLARED, use_attribute_docstrings=True)
