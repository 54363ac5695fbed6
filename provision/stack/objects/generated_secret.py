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

    Generated secrets let a dev or test stack start without any secret in the stack file. A given ``value`` is passed
    through, so that a stack's own secret replaces the generated secret.
    """

    name: Annotated[str, NaturalKey] = Field(
        description="A name of your own; another name is another secret."
    )
    value: Annotated[str, Secret] = Field(default="", description="Leave it out to have one generated.")


class GeneratedSecretHandler(LocalHandler[GeneratedSecret]):
    """The handler of generated secrets, which exist in the state and nowhere else."""

    def fill_defaults(self, spec: GeneratedSecret, old: GeneratedSecret | None) -> GeneratedSecret:
        """Return the spec with the secret that was generated before, or with a new secret at the first check."""
        if spec.value:
            return spec
        kept = old.value if old is not None else ""
        return spec.model_copy(update={"value": kept or secrets.token_urlsafe(_BYTES)})

    def find(self, key: GeneratedSecret) -> Observed[GeneratedSecret] | None:
        """Return the secret that the key carries, or None if the key has no value."""
        return Observed(key.name, key) if getattr(key, "value", "") else None

    def create(self, spec: GeneratedSecret) -> None:
        """Do nothing: the state holds the secret."""

    def delete(self, found: Observed[GeneratedSecret]) -> None:
        """Do nothing: the state drops the secret."""
