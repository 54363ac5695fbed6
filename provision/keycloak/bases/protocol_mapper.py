"""The base of the typed protocol mappers (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from provision.core.across_fields import across_fields
from provision.core.spec import NaturalKey, Refers, Spec
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.collection import NamedCollectionHandler
from provision.keycloak.bases.listing_cache import ListingCache
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.name_index import NameIndex
from provision.keycloak.bases.representation import Outside, RealmName, config
from provision.keycloak.objects.client import client_with_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.keycloak.realm_listing import RealmListing


class ProtocolMapper(Spec, group="Protocol mappers"):
    """The fields that every mapper has: a mapper belongs either to a client scope or to a client."""

    realm: RealmName
    scope: Annotated[str, NaturalKey, Outside, Refers("ClientScope")] = Field(
        default="", description="The client scope it belongs to; leave it out for a client's own mapper."
    )
    client: Annotated[str, NaturalKey, Outside, Refers("Client")] = Field(
        default="", description="The client id of the client it belongs to, instead of a scope."
    )
    name: Annotated[str, NaturalKey] = Field(
        min_length=1, max_length=COLUMN, description="Its name, unique in the scope or client."
    )

    @across_fields
    def _one_owner(self) -> None:
        if bool(self.scope) == bool(self.client):
            raise ValueError("give either scope or client")

    def name_taken(self) -> tuple[str, ...]:
        """Return the owner and the name: mappers of all kinds share the names of their owner."""
        return (ProtocolMapper.__name__, self.scope, self.client, self.name)


_ACCESS_TOKEN, _INTROSPECTION = "access.token.claim", "introspection.token.claim"
AddToAccessToken = Annotated[bool, config(_ACCESS_TOKEN)]
AddToIntrospection = Annotated[
    bool,
    config(_INTROSPECTION),
    Field(description="Add it to what token introspection answers (RFC 7662)."),
]
AddToLightweightToken = Annotated[
    bool,
    config("lightweight.claim"),
    Field(description="Add it even to access tokens of clients that are given lightweight ones."),
]

M = TypeVar("M", bound=ProtocolMapper)


class MissingOwnerError(KeycloakError):
    """The error for a mapper whose client scope or client does not exist."""


class ProtocolMapperHandler(NamedCollectionHandler[M]):
    """The handler of mappers of one type through the Admin API."""

    provider: ClassVar[str]
    """Keycloak's id of the type, for example ``oidc-audience-mapper``."""

    def discover(self, listing: RealmListing) -> Iterator[M]:
        """Yield the mappers of the type, in scopes and clients that people made."""
        for scope, client, mapper in listing.mappers:
            if mapper["protocolMapper"] == self.provider:
                yield self.key(realm=listing.realm, scope=scope, client=client, name=mapper["name"])

    def collection(self, spec: M) -> tuple[str, ...]:
        """Return the path of the mappers of the scope or client."""
        session = self.session
        if spec.scope:
            owner = NameIndex.of(session).id_of(spec.scope, spec.realm, "client-scopes")
        else:
            owner = (client_with_id(session, spec.realm, spec.client) or {}).get("id")
        kind = "client scope" if spec.scope else "client"
        if owner is None:
            raise MissingOwnerError(
                f"There is no {kind} {spec.scope or spec.client!r} in realm {spec.realm}.",
                f"Declare the {kind} first.",
            )
        return kind.replace(" ", "-") + "s", owner, "protocol-mappers", "models"

    def look_up(self, key: M) -> Mapping[str, Any] | None:
        """Return the mapper with that name in its owner, or None if there is none or the owner is gone.

        Raises:
            KeycloakError: A mapper of another type has that name.
        """
        raw = self._listed(key)
        if raw is None or not self.is_complete(raw):
            try:
                raw = super().look_up(key)
            except MissingOwnerError:
                return None
        if raw is None:
            return None
        self.fits(key, raw)
        return self.effective(raw)

    def _listed(self, key: M) -> Mapping[str, Any] | None:
        """Return the mapper as the listing of scopes or clients shows it, if there is one."""
        owners = ListingCache.of(self.session)
        listed = (
            owners.items("name", key.realm, "client-scopes")
            if key.scope
            else owners.items("clientId", key.realm, "clients")
        )
        mappers = (listed or {}).get(key.scope or key.client, {}).get("protocolMappers") or ()
        return next((item for item in mappers if item["name"] == key.name), None)

    def is_complete(self, raw: Mapping[str, Any]) -> bool:
        """Return whether :meth:`effective` knows what Keycloak fills in where it shows the mapper alone."""
        del raw
        return True

    def effective(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the representation with what counts where nothing is set: introspection follows the access token.

        Keycloak (26.7) fills that in where it shows a mapper alone, and not in a listing or an export.
        """
        config = raw.get("config") or {}
        if _ACCESS_TOKEN not in config:
            return raw
        return {**raw, "config": {_INTROSPECTION: config[_ACCESS_TOKEN], **config}}

    def fits(self, key: M, raw: Mapping[str, Any]) -> None:
        """Refuse a mapper of another type that has the same name.

        Raises:
            KeycloakError: The mapper is of another type.
        """
        if raw["protocolMapper"] != self.provider_of(key):
            raise KeycloakError(
                f"The mapper {key.name} of {key.scope or key.client} in realm {key.realm} is of type "
                f"{raw['protocolMapper']}, not {self.provider_of(key)}.",
                "Give another name, or remove that mapper first.",
            )

    def provider_of(self, spec: M) -> str:
        """Return Keycloak's id of the mapper's type."""
        del spec
        return self.provider

    def to_json(self, spec: M, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the representation with the type that every mapper of the kind has."""
        body = super().to_json(spec, raw, names)
        return body | {"protocol": "openid-connect", "protocolMapper": self.provider_of(spec)}
