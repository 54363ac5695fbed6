"""Initial access tokens (Keycloak "Client registration service", "Initial Access Token")."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision.core.handler import Observed
from provision.core.spec import NaturalKey, Outputs, ReplaceOnChange, Secret, Spec
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.handler import KeycloakHandler

if TYPE_CHECKING:
    from collections.abc import Mapping


class InitialAccessToken(Spec, module="keycloak", group="Clients", rank=4):
    """A token to register clients, under the realm's policies for authenticated registration ("Initial Access Token").

    Keycloak shows the token once and gives the token no name: only the state knows the token, which can be neither
    adopted nor imported. A token that is expired or used up counts as gone: after a refresh, the next `up` makes a new
    token.
    """

    realm: RealmName
    name: Annotated[str, NaturalKey] = Field(min_length=1, description="A name of your own.")
    expiration_seconds: Annotated[int, ReplaceOnChange] = Field(
        default=86400, ge=0, description="Seconds that it is good for; 0 for no end."
    )
    count: Annotated[int, ReplaceOnChange] = Field(
        default=1, ge=1, description="How many clients can be registered with it."
    )


class InitialAccessTokenOutputs(Outputs):
    """The values that Keycloak makes."""

    token: Annotated[str, Secret] = Field(description="The bearer token for the registration endpoint.")
    token_id: str = Field(description="Keycloak's own id of it, by which it is found again.")


_PATH = "clients-initial-access"


class InitialAccessTokenHandler(KeycloakHandler[InitialAccessToken]):
    """The handler of initial access tokens through the Admin API."""

    outputs = InitialAccessTokenOutputs

    def find(self, key: InitialAccessToken) -> Observed[InitialAccessToken] | None:
        """Return None: Keycloak does not know the name."""
        del key
        return None

    def find_recorded(
        self, key: InitialAccessToken, recorded: Mapping[str, Any]
    ) -> Observed[InitialAccessToken] | None:
        """Return the token that the state remembers, as long as the token can register clients, or None."""
        if "token" not in recorded or "tokenId" not in recorded:
            return None
        for item in self.session.get(key.realm, _PATH) or ():
            if item["id"] == recorded["tokenId"] and _good(item):
                lifetime, count = item["expiration"], item["count"]
                spec = key.model_copy(update={"expiration_seconds": lifetime, "count": count})
                outputs = InitialAccessTokenOutputs(token=recorded["token"], token_id=item["id"])
                return Observed(item["id"], spec, outputs)
        return None

    def create(self, spec: InitialAccessToken) -> Outputs:
        """Make a token; only the answer of this call holds it."""
        body = {"expiration": spec.expiration_seconds, "count": spec.count}
        made = self.session.post_for(spec.realm, _PATH, body=body)
        return InitialAccessTokenOutputs(token=made["token"], token_id=made["id"])

    def update(self, found: Observed[InitialAccessToken], spec: InitialAccessToken) -> Outputs | None:
        """Keep the token: nothing in a token can be changed."""
        del spec
        return found.outputs

    def delete(self, found: Observed[InitialAccessToken]) -> None:
        """Revoke the token."""
        self.session.delete(found.spec.realm, _PATH, found.id)


def _good(item: Mapping[str, Any]) -> bool:
    """Return whether the token can still register a client; Keycloak lists a token for a while after its end."""
    ends = item["timestamp"] + item["expiration"] if item["expiration"] else None
    return item["remainingCount"] > 0 and (ends is None or time.time() < ends)
