"""What the typed protocol mappers share (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import Field, model_validator

from provision.keycloak.client import internal_id
from provision.keycloak.client_scope import scope_id
from provision.keycloak.collection import NamedCollectionCalls
from provision.keycloak.representation import Outside, RealmName
from provision.keycloak.session import KeycloakError
from provision.spec import NaturalKey, Spec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class ProtocolMapper(Spec):
    """The fields that every mapper has: it belongs either to a client scope or to a client."""

    realm: RealmName
    scope: Annotated[str, NaturalKey, Outside] = Field(
        default="", description="The client scope it belongs to; leave it out for a client's own mapper."
    )
    client: Annotated[str, NaturalKey, Outside] = Field(
        default="", description="The client id of the client it belongs to, instead of a scope."
    )
    name: Annotated[str, NaturalKey] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_owner(self) -> ProtocolMapper:
        if bool(self.scope) == bool(self.client):
            raise ValueError("give either scope or client")
        return self


M = TypeVar("M", bound=ProtocolMapper)


class ProtocolMapperCalls(NamedCollectionCalls[M]):
    """Mappers of one type through the Admin API."""

    provider: ClassVar[str]
    """Keycloak's id of the type, for example ``oidc-audience-mapper``."""

    def collection(self, spec: M) -> tuple[str, ...]:
        """The mappers of the scope or client."""
        session = self.context.session()
        if spec.scope:
            owner = ("client-scopes", scope_id(session, spec.realm, spec.scope))
        else:
            owner = ("clients", internal_id(session, spec.realm, spec.client))
        return *owner, "protocol-mappers", "models"

    def look_up(self, key: M) -> Mapping[str, Any] | None:
        """The mapper by its name within its owner.

        Raises:
            KeycloakError: A mapper of another type has that name.
        """
        raw = super().look_up(key)
        if raw is not None and raw["protocolMapper"] != self.provider:
            raise KeycloakError(
                f"The mapper {key.name} of {key.scope or key.client} in realm {key.realm} is of type "
                f"{raw['protocolMapper']}, not {self.provider}.",
                "Give another name, or remove that mapper first.",
            )
        return raw

    def represented(self, spec: M, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """With the type that every mapper of the kind has."""
        body = super().represented(spec, raw, names)
        return body | {"protocol": "openid-connect", "protocolMapper": self.provider}
