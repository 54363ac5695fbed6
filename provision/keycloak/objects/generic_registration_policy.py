"""Registration policies of any type (Keycloak "Client registration service", "Client Registration Policies")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, field_validator

from provision.core.registry import catalogue
from provision.core.spec import NaturalKey
from provision.keycloak.bases.multivalued_fields import KeyedLists, in_order
from provision.keycloak.bases.registration_policy import (
    PROVIDER_TYPE,
    RegistrationPolicy,
    RegistrationPolicyHandler,
)
from provision.keycloak.bases.representation import Outside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.keycloak.realm_listing import RealmListing


class GenericRegistrationPolicy(RegistrationPolicy, module="keycloak"):
    """A policy of a type without a kind of its own here, such as a type of a newer server or of an extension.

    Only the declared settings are compared and changed, each as a set: Keycloak returns the values of a setting in any
    order.
    """

    provider_id: Annotated[str, NaturalKey, Outside] = Field(
        min_length=1, description="Keycloak's id of the type, for example `client-disabled`."
    )
    config: Annotated[KeyedLists, Outside] = Field(
        default={},
        description="Lists of values under Keycloak's own keys, all of them text (`true`); an empty list takes the "
        "setting away.",
    )

    @field_validator("config")
    @classmethod
    def _no_blanks(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if any(not item.strip() for items in value.values() for item in items):
            raise ValueError("a blank value would take the whole setting away; give an empty list for that")
        return value


class GenericRegistrationPolicyHandler(RegistrationPolicyHandler[GenericRegistrationPolicy]):
    """The handler of policies of any type through the Admin API."""

    def provider_of(self, spec: GenericRegistrationPolicy) -> str:
        """Return the declared type."""
        return spec.provider_id

    def discover(self, listing: RealmListing) -> Iterator[GenericRegistrationPolicy]:
        """Yield the policies of types without a kind of their own."""
        typed = {getattr(handler, "provider_id", "") for handler in catalogue().values()}
        for item in listing.components(PROVIDER_TYPE):
            if item["providerId"] not in typed:
                yield self.key(
                    realm=listing.realm, registration=item["subType"], provider_id=item["providerId"]
                )

    def name_of(self, spec: GenericRegistrationPolicy) -> str:
        """Return the type as the name, which only the admin console shows."""
        return spec.provider_id

    def from_json(self, key: GenericRegistrationPolicy, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings, each sorted."""
        return super().from_json(key, raw) | {"config": in_order(raw.get("config", {}))}

    def to_json(
        self, spec: GenericRegistrationPolicy, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation, in which settings that are not declared stay unchanged."""
        body = super().to_json(spec, raw, names)
        return {**body, "config": {**body["config"], **spec.config}}
