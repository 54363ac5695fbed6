"""Which data a Keycloak has."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import Field

from provision.core.handler import LocalHandler, Observed
from provision.core.spec import NaturalKey, Outputs, Spec
from provision.keycloak.handler import KeycloakHandler


class ServerData(Spec, module="docker"):
    """Which data a Keycloak has, told by the keys of its master realm (Server Administration Guide, "Configuring realm keys").

    A Keycloak whose data was lost is another one, although its address is the same.
    """

    name: Annotated[str, NaturalKey] = Field(default="keycloak", description="A name of your own.")
    runs_in: str = Field(
        default="",
        description="What it runs in, for example a container; in another one it is looked at again.",
    )


class ServerDataOutputs(Outputs):
    """What tells one from another."""

    data_id: str = Field(description="New whenever the data was made anew.")


class ServerDataHandler(KeycloakHandler[ServerData], LocalHandler[ServerData]):
    """Looks, and changes nothing."""

    outputs = ServerDataOutputs

    def find(self, key: ServerData) -> Observed[ServerData]:
        """Whatever answers."""
        spec = ServerData(name=key.name, runs_in=getattr(key, "runs_in", ""))
        return Observed(key.name, spec, self._told())

    def create(self, spec: ServerData) -> ServerDataOutputs:
        """Look."""
        del spec
        return self._told()

    def delete(self, found: Observed[ServerData]) -> None:
        """Nothing was made."""

    def _told(self) -> ServerDataOutputs:
        keys = self.session.get("master", "keys")["keys"]
        providers = sorted({key["providerId"] for key in keys})
        return ServerDataOutputs(data_id=hashlib.sha256(" ".join(providers).encode()).hexdigest()[:16])
