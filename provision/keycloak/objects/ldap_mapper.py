"""Mappers of LDAP user federations (Keycloak Server Administration Guide, "LDAP mappers")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, field_validator

from provision.core.spec import NaturalKey, Refers, ReplaceOnChange, Spec
from provision.keycloak import builtin, factory_realm
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.component import ComponentHandler
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import Outside, RealmName, at
from provision.keycloak.objects.ldap_user_federation import LdapUserFederationHandler

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.spec import Outputs
    from provision.keycloak.realm_listing import RealmListing

PROVIDER_TYPE: Final = "org.keycloak.storage.ldap.mappers.LDAPStorageMapper"


class LdapMapper(Spec, module="keycloak", group="User federation", rank=2):
    """A mapper between entries of a directory and users, groups or roles ("LDAP mappers").

    Keycloak makes mappers with each federation, such as `username`, `email`, `first name` and `last name`: the same name
    changes such a mapper, and destroy puts it back. Only the declared settings are compared and changed.
    """

    realm: RealmName
    federation: Annotated[str, NaturalKey, Outside, Refers("LdapUserFederation")] = Field(
        min_length=1, description="The name of the LDAP user federation."
    )
    name: Annotated[str, NaturalKey] = Field(
        min_length=1, max_length=COLUMN, description="Its name, unique in the federation."
    )
    provider_id: Annotated[str, ReplaceOnChange, at("providerId")] = Field(
        min_length=1,
        description="Keycloak's id of the type, such as `user-attribute-ldap-mapper`, `group-ldap-mapper` or "
        "`role-ldap-mapper`.",
    )
    config: Annotated[dict[str, str], Outside] = Field(
        default={},
        description="Settings under Keycloak's own keys, all of them text (`true`); an empty one takes the setting away.",
    )

    @field_validator("config")
    @classmethod
    def _no_blanks(cls, value: dict[str, str]) -> dict[str, str]:
        if any(item and not item.strip() for item in value.values()):
            raise ValueError("a blank value would take the setting away; give an empty one for that")
        return value


class LdapMapperHandler(ComponentHandler[LdapMapper]):
    """The handler of mappers of LDAP user federations through the Admin API's components."""

    provider_type = PROVIDER_TYPE
    place = "User federation, Mappers"

    def provider_of(self, spec: LdapMapper) -> str | None:
        """Return the declared type of a new mapper; the name alone tells mappers apart."""
        del spec
        return None

    def parent_of(self, spec: LdapMapper) -> str | None:
        """Return the id of the federation, or None if there is none of that name."""
        federations = LdapUserFederationHandler(self.context)
        found = federations.look_up(federations.key(realm=spec.realm, name=spec.federation))
        return None if found is None else str(found["id"])

    def discover(self, listing: RealmListing) -> Iterator[LdapMapper]:
        """Yield the mappers that people made or changed; with the factory's objects, all of them."""
        for owner in listing.ldap_federations:
            usual = builtin.ldap_mappers(owner.get("config") or {})
            for item in listing.components(PROVIDER_TYPE, owner["id"]):
                kept = usual.get(item["name"])
                made = {"providerId": item["providerId"], "config": item.get("config")}
                if listing.factory or not factory_realm.same(made, kept):
                    yield self.key(realm=listing.realm, federation=owner["name"], name=item["name"])

    def from_json(self, key: LdapMapper, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields; each setting has one value."""
        settings = {name: values[0] for name, values in (raw.get("config") or {}).items() if values}
        return super().from_json(key, raw) | {"config": settings}

    def to_json(
        self, spec: LdapMapper, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation; undeclared settings stay unchanged, and another type is a replacement.

        Raises:
            KeycloakError: A mapper of another type has that name.
        """
        if raw and raw["providerId"] != spec.provider_id:
            raise KeycloakError(
                f"The mapper {spec.name} of the LDAP user federation {spec.federation} in realm {spec.realm} is of type "
                f"{raw['providerId']}, not {spec.provider_id}.",
                "Give another name, or remove that mapper first.",
            )
        body = super().to_json(spec, raw, names)
        settings = dict(body.get("config") or {}) | {
            name: [value] if value else [] for name, value in spec.config.items()
        }
        return {**body, "config": settings}

    def create(self, spec: LdapMapper) -> Outputs | None:
        """Make the mapper.

        Raises:
            KeycloakError: There is no such federation.
        """
        if self.parent_of(spec) is None:
            raise KeycloakError(
                f"There is no LDAP user federation {spec.federation!r} in realm {spec.realm}.",
                "Declare the federation first.",
            )
        return super().create(spec)
