"""A secret that is generated once and then kept, encrypted, in the state."""

from __future__ import annotations

import secrets
from typing import Annotated

from pydantic import Field

from provision.core.handler import LocalHandler, Observed
from provision.core.spec import NaturalKey, Secret, Spec

_BYTES = 32


class GeneratedSecret(Spec, module="index"):
    """A random secret, generated once and kept encrypted in the stack's state.

    For dev and test stacks, so that nothing has to be set before the first start. A ``value`` that is given is
    passed through, which is how a stack's own secret takes the generated one's place.
    """

    name: Annotated[str, NaturalKey] = Field(
        description="A name of your own; another name is another secret."
    )
    value: Annotated[str, Secret] = Field(default="", description="Leave it out to have one generated.")


class GeneratedSecretHandler(LocalHandler[GeneratedSecret]):
    """Lives in the state and nowhere else."""

    def fill_defaults(self, spec: GeneratedSecret, old: GeneratedSecret | None) -> GeneratedSecret:
        """Keep what was generated before; generate at the first check."""
        if spec.value:
            return spec
        kept = old.value if old is not None else ""
        return spec.model_copy(update={"value": kept or secrets.token_urlsafe(_BYTES)})

    def find(self, key: GeneratedSecret) -> Observed[GeneratedSecret] | None:
        """It is wherever its value is known: in the state."""
        return Observed(key.name, key) if getattr(key, "value", "") else None

    def create(self, spec: GeneratedSecret) -> None:
        """Nothing to make: the state holds it."""

    def delete(self, found: Observed[GeneratedSecret]) -> None:
        """Nothing to remove: the state forgets it."""
