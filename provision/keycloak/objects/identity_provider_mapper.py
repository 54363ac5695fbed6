"""Mappers of identity providers (Keycloak Server Administration Guide, "Mapping claims and assertions")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from provision.core.across_fields import across_fields
from provision.core.spec import NaturalKey, Part, Refers, Spec
from provision.keycloak.bases.collection import NamedCollectionHandler
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import FieldMapping, Outside, RealmName, at, config

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.keycloak.realm_listing import RealmListing


class ClaimToAttribute(Part):
    """The claim that becomes an attribute of the user."""

    claim: str = Field(min_length=1, description="Dots go into nested claims.")
    user_attribute: Annotated[str, at("user.attribute")] = Field(
        min_length=1, description="For example `firstName`."
    )


class ClaimToRole(Part):
    """The claim, and its value, that gives users a role."""

    claim: str = Field(min_length=1, description="Dots go into nested claims.")
    claim_value: Annotated[str, at("claim.value")] = Field(description="The value that the claim must have.")
    role: str = Field(min_length=1, description="A realm role, or `<client id>.<role>`.")


class HardcodedAttribute(Part):
    """The attribute that every user gets."""

    attribute: str = Field(min_length=1, description="Name of the user's attribute.")
    value: Annotated[str, at("attribute.value")] = Field(description="Its value.")


class HardcodedRole(Part):
    """The role that every user gets."""

    role: str = Field(min_length=1, description="A realm role, or `<client id>.<role>`.")


class OtherMapper(Part):
    """A mapper of any type."""

    type: str = Field(
        min_length=1, description="Keycloak's id of the type, such as `oidc-username-idp-mapper`."
    )
    config: dict[str, str] = Field(default={}, description="In Keycloak's own keys.")


_TYPES: dict[str, tuple[str, type[Part]]] = {
    "claim_to_attribute": ("oidc-user-attribute-idp-mapper", ClaimToAttribute),
    "claim_to_role": ("oidc-role-idp-mapper", ClaimToRole),
    "hardcoded_attribute": ("hardcoded-attribute-idp-mapper", HardcodedAttribute),
    "hardcoded_role": ("oidc-hardcoded-role-idp-mapper", HardcodedRole),
}


class IdentityProviderMapper(Spec, module="keycloak", group="Identity providers", rank=2):
    """A mapper from a provider's tokens to users (Server Administration Guide, "Mapping claims and assertions").

    Exactly one of the fields that name the mapper's action is given.
    """

    realm: RealmName
    identity_provider: Annotated[str, NaturalKey, Refers("IdentityProvider"), at("identityProviderAlias")] = (
        Field(min_length=1, description="The alias of the identity provider.")
    )
    name: Annotated[str, NaturalKey] = Field(
        min_length=1, max_length=COLUMN, description="Its name, unique in the identity provider."
    )
    sync_mode: Annotated[
        Literal["INHERIT", "IMPORT", "FORCE", "LEGACY"], config("syncMode", absent="LEGACY")
    ] = Field(default="INHERIT", description="At which logins it works.")
    claim_to_attribute: Annotated[ClaimToAttribute | None, Outside] = Field(
        default=None, description="Copy a claim into an attribute of the user."
    )
    claim_to_role: Annotated[ClaimToRole | None, Outside] = Field(
        default=None, description="Give a role to users whose claim has a value."
    )
    hardcoded_attribute: Annotated[HardcodedAttribute | None, Outside] = Field(
        default=None, description="Give every user the same attribute."
    )
    hardcoded_role: Annotated[HardcodedRole | None, Outside] = Field(
        default=None, description="Give every user a role."
    )
    mapper: Annotated[OtherMapper | None, Outside] = Field(default=None, description="Any other type.")

    @across_fields
    def _does_one_thing(self) -> None:
        if len(_deeds(self)) != 1:
            raise ValueError(f"give exactly one of {', '.join(self.fields_of_deeds())}")
        if self.mapper and self.mapper.type in {type_ for type_, _ in _TYPES.values()}:
            raise ValueError(f"the type {self.mapper.type} has a field of its own")

    @classmethod
    def fields_of_deeds(cls) -> tuple[str, ...]:
        """Return the wire names of the fields that name the mapper's action."""
        return tuple(str(cls.model_fields[name].alias) for name in (*_TYPES, "mapper"))


class IdentityProviderMapperHandler(NamedCollectionHandler[IdentityProviderMapper]):
    """The handler of mappers of one identity provider through the Admin API."""

    rejects_duplicates = False

    def collection(self, spec: IdentityProviderMapper) -> tuple[str, ...]:
        """Return the path of the identity provider's mappers."""
        return "identity-provider", "instances", spec.identity_provider, "mappers"

    def discover(self, listing: RealmListing) -> Iterator[IdentityProviderMapper]:
        """Yield the mappers of the OpenID Connect identity providers."""
        for provider in listing.identity_providers:
            alias = provider["alias"]
            for item in listing.listed("identity-provider", "instances", alias, "mappers"):
                yield self.key(realm=listing.realm, identity_provider=alias, name=item["name"])

    def from_json(self, key: IdentityProviderMapper, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields; the mapper's type selects the field of its action."""
        settings = {name: value for name, value in (raw.get("config") or {}).items() if name != "syncMode"}
        deeds: dict[str, Any] = dict.fromkeys((*_TYPES, "mapper"))
        for name, (type_, part) in _TYPES.items():
            if raw["identityProviderMapper"] == type_:
                values = {field: settings.get(place, "") for field, place in _places(part).items()}
                deeds[name] = part.model_construct(None, **values)
                break
        else:
            deeds["mapper"] = OtherMapper.model_construct(type=raw["identityProviderMapper"], config=settings)
        return super().from_json(key, raw) | deeds

    def to_json(
        self, spec: IdentityProviderMapper, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation; a mapper of another type keeps no setting of the former one."""
        body = super().to_json(spec, raw, names)
        ((name, deed),) = _deeds(spec).items()
        if isinstance(deed, OtherMapper):
            type_, settings = deed.type, dict(deed.config)
        else:
            type_ = _TYPES[name][0]
            settings = {place: getattr(deed, field) for field, place in _places(type(deed)).items()}
        kept = body.get("config", {})
        if isinstance(deed, OtherMapper) or raw.get("identityProviderMapper") != type_:
            kept = {key: value for key, value in kept.items() if key == "syncMode"}
        return {
            **body,
            "identityProviderAlias": spec.identity_provider,
            "identityProviderMapper": type_,
            "config": {**kept, **settings},
        }


def _deeds(spec: IdentityProviderMapper) -> dict[str, Part]:
    return {name: getattr(spec, name) for name in (*_TYPES, "mapper") if getattr(spec, name) is not None}


def _places(part: type[Part]) -> dict[str, str]:
    """Return Keycloak's key of each field."""
    return {
        name: next((mark.path[0] for mark in info.metadata if isinstance(mark, FieldMapping)), name)
        for name, info in part.model_fields.items()
    }
