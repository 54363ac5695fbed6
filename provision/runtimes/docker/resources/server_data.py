"""The identity of a Keycloak's data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.core.handler import LocalHandler, Observed
from provision.core.spec import NaturalKey, Outputs, Spec
from provision.keycloak import data_facts
from provision.keycloak.handler import KeycloakHandler


class ServerData(Spec, module="docker"):
    """The identity of a Keycloak's data: a Keycloak that lost its data has another identity at the same address."""

    name: Annotated[str, NaturalKey] = Field(default="keycloak", description="A name of your own.")
    runs_in: str = Field(
        default="",
        description="The id of the container that runs Keycloak; a new id makes the provider read the data id again.",
    )


class ServerDataOutputs(Outputs):
    """The outputs that distinguish one Keycloak's data from another's."""

    data_id: str = Field(description="New whenever the data was made anew.")


class ServerDataHandler(KeycloakHandler[ServerData], LocalHandler[ServerData]):
    """The handler of data identities, which reads from Keycloak and changes nothing."""

    outputs = ServerDataOutputs

    def find(self, key: ServerData) -> Observed[ServerData]:
        """Return the identity of the data of the Keycloak that answers."""
        spec = ServerData(name=key.name, runs_in=getattr(key, "runs_in", ""))
        return Observed(key.name, spec, self._told())

    def create(self, spec: ServerData) -> ServerDataOutputs:
        """Return the identity of Keycloak's data without changing anything."""
        del spec
        return self._told()

    def delete(self, found: Observed[ServerData]) -> None:
        """Do nothing: nothing was created."""

    def _told(self) -> ServerDataOutputs:
        return ServerDataOutputs(data_id=data_facts.data_id(self.session))
