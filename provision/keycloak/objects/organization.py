"""Organizations (Keycloak Server Administration Guide, "Managing organizations")."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, field_validator

from provision._lib.matches import Matches
from provision._lib.urls import segment
from provision.core.across_fields import across_fields
from provision.core.spec import NaturalKey, Refers, Spec, Unordered
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.listing_cache import ListingCache
from provision.keycloak.bases.multivalued_fields import COLUMN, ShortKeyedLists, in_order, merged
from provision.keycloak.bases.representation import Outside, RealmName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from provision.core.handler import Observed
    from provision.core.spec import Outputs
    from provision.keycloak.realm_listing import RealmListing

_PROVIDERS = "identity-providers"
_DOMAIN = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?"


class Organization(Spec, module="keycloak", group="Organizations", rank=1):
    """An organization, such as a customer, with its domains and identity providers ("Managing organizations").

    The realm needs `organizationsEnabled`. Who is a member is not declared: members are data, like other users, and stay as
    they are.
    """

    needs_of_container: ClassVar[Mapping[str, Any]] = {"organizations_enabled": True}

    realm: RealmName
    alias: Annotated[
        str,
        NaturalKey,
        Matches(r"[^\s/]+", "must be without slashes and blanks, and not empty"),
        AfterValidator(segment),
        Field(max_length=COLUMN),
    ] = Field(description="Its short name, unique in the realm; tokens name the organization by it.")
    name: str = Field(
        min_length=1,
        max_length=COLUMN,
        description="Its name, unique in the realm, for pages and for the admin console.",
    )
    description: str = Field(default="", max_length=COLUMN, description="What the admin console says of it.")
    enabled: bool = Field(
        default=True,
        description="Whether members can log in by it. Keycloak switches the identity providers of an organization off "
        "together with it, and never on again.",
    )
    redirect_url: str = Field(
        default="",
        max_length=2048,
        description="Where members get to after they registered or took an invitation.",
    )
    domains: Annotated[tuple[str, ...], Unordered, Outside] = Field(
        default=(),
        description="Internet domains of its members' addresses, each in one organization of the realm only.",
    )
    verified_domains: Annotated[tuple[str, ...], Unordered, Outside] = Field(
        default=(), description="Which of `domains` are known to belong to it."
    )
    attributes: Annotated[ShortKeyedLists, Outside] = Field(
        default={}, description="Each key is declared apart; others stay as they are."
    )
    identity_providers: Annotated[tuple[str, ...], Unordered, Outside, Refers("IdentityProvider")] = Field(
        default=(),
        description="Aliases of the identity providers of its members, each in one organization only.",
    )

    @field_validator("domains", "verified_domains")
    @classmethod
    def _are_domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        if any(re.fullmatch(_DOMAIN, domain) is None for domain in domains):
            raise ValueError("a domain is in small letters, such as example.org")
        return domains

    @across_fields
    def _verified_ones_are_its_own(self) -> None:
        if others := sorted({*self.verified_domains} - {*self.domains}):
            raise ValueError(f"verifiedDomains: {', '.join(others)} is not among domains")


class OrganizationHandler(CollectionHandler[Organization]):
    """The handler of organizations through the Admin API."""

    rejects_duplicates = True

    def collection(self, spec: Organization) -> tuple[str, ...]:
        """Return the path of the realm's organizations."""
        del spec
        return ("organizations",)

    def discover(self, listing: RealmListing) -> Iterator[Organization]:
        """Yield all organizations."""
        for item in listing.organizations:
            yield self.key(realm=listing.realm, alias=item["alias"])

    def look_up(self, key: Organization) -> Mapping[str, Any] | None:
        """Return the organization with the aliases of its identity providers, or None.

        The Admin API does not search for aliases, so all organizations are listed.
        """
        where, session = (key.realm, "organizations"), self.session
        listed = ListingCache.of(session).items("alias", *where, briefRepresentation="false")
        if listed is None:
            listed = {item["alias"]: item for item in session.list(*where, briefRepresentation="false")}
        raw = listed.get(key.alias)
        if raw is None:
            return None
        providers = session.get(*where, raw["id"], _PROVIDERS) or ()
        return {**raw, "identityProviders": sorted(item["alias"] for item in providers)}

    def from_json(self, key: Organization, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields."""
        domains = {item.get("name", ""): bool(item.get("verified")) for item in raw.get("domains") or ()}
        return super().from_json(key, raw) | {
            "domains": tuple(sorted(domains)),
            "verified_domains": tuple(sorted(name for name, verified in domains.items() if verified)),
            "attributes": in_order(raw.get("attributes") or {}),
            "identity_providers": tuple(raw.get("identityProviders") or ()),
        }

    def to_json(
        self, spec: Organization, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation without the identity providers, which other calls change."""
        body = super().to_json(spec, raw, names)
        body.pop("identityProviders", None)
        now = self.from_json(spec, raw)

        def wanted(field: str) -> tuple[str, ...]:
            return tuple(getattr(spec, field) if names is None or field in names else now[field])

        verified = {*wanted("verified_domains")}
        body["domains"] = [
            {"name": name, "verified": name in verified} for name in sorted({*wanted("domains")})
        ]
        if names is None or "attributes" in names:
            body["attributes"] = merged(raw.get("attributes") or {}, spec.attributes)
        return body

    def create(self, spec: Organization) -> Outputs | None:
        """Make the organization, if the realm has organizations, and link its identity providers.

        Raises:
            KeycloakError: The realm has no organizations.
        """
        self._require_organizations(spec.realm)
        self._require_providers(spec)
        made = self.session.post(spec.realm, "organizations", body=self.to_json(spec, {}, None))
        self._link(spec, made, (), spec.identity_providers)
        return None

    def update(self, found: Observed[Organization], spec: Organization) -> Outputs | None:
        """Change the declared fields, and link and unlink identity providers."""
        if "identity_providers" in spec.model_fields_set:
            self._require_providers(spec)
        super().update(found, spec)
        if "identity_providers" in spec.model_fields_set:
            self._link(spec, found.id, found.spec.identity_providers, spec.identity_providers)
        return None

    def _link(self, spec: Organization, address: str, now: Iterable[str], wanted: Iterable[str]) -> None:
        where = (spec.realm, "organizations", address, _PROVIDERS)
        for alias in sorted({*now} - {*wanted}):
            self.session.delete(*where, alias)
        for alias in sorted({*wanted} - {*now}):
            self.session.post(*where, body=alias)

    def _require_providers(self, spec: Organization) -> None:
        """Raise an error before any write if an identity provider is missing."""
        for alias in spec.identity_providers:
            if self.session.get(spec.realm, "identity-provider", "instances", alias) is None:
                raise KeycloakError(
                    f"There is no identity provider {alias!r} in realm {spec.realm}.",
                    "Declare the identity provider first.",
                )

    def _require_organizations(self, realm: str) -> None:
        found = self.session.get(realm)
        if found is not None and not found.get("organizationsEnabled"):
            raise KeycloakError(
                f"Organizations are off in realm {realm}.", "Set organizationsEnabled of the realm to true."
            )
