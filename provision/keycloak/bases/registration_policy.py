"""The base of the typed client-registration policies (Keycloak "Client registration service", "Client Registration Policies").

A policy is a component of the realm. Every policy of a kind of registration must pass, so a second policy of the same
type does not replace the first: Keycloak's own policy is found and changed, and no second one is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, field_validator

from provision.core.spec import NaturalKey, Spec
from provision.keycloak.api.server_info import version
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.representation import Outside, RealmName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.spec import Outputs
    from provision.keycloak.api.session import Session
    from provision.keycloak.realm_listing import RealmListing

PROVIDER_TYPE = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"


class RegistrationPolicy(Spec, group="Registration policies"):
    """The fields that every policy has. Subclasses add their own, each mapped to a config key of Keycloak."""

    realm: RealmName
    registration: Annotated[Literal["anonymous", "authenticated"], NaturalKey, Outside] = Field(
        default="anonymous",
        description="Which registrations it judges: without or with an initial access token.",
    )

    @field_validator("*")
    @classmethod
    def _no_blanks_in_lists(cls, value: Any) -> Any:
        if isinstance(value, tuple) and any(not item.strip() for item in value):
            raise ValueError("a blank value would take the whole list away; give an empty list for that")
        return value


P = TypeVar("P", bound=RegistrationPolicy)


class RegistrationPolicyHandler(CollectionHandler[P]):
    """The handler of policies of one type through the Admin API's components."""

    provider_id: ClassVar[str]
    display_name: ClassVar[str]

    def collection(self, spec: P) -> tuple[str, ...]:
        """Return the path of the realm's components."""
        del spec
        return ("components",)

    def discover(self, listing: RealmListing) -> Iterator[P]:
        """Yield all policies of the type, Keycloak's own too: they decide which clients may register."""
        for item in listing.components(PROVIDER_TYPE):
            if item["providerId"] == self.provider_id:
                yield self.key(realm=listing.realm, registration=item["subType"])

    def look_up(self, key: P) -> Mapping[str, Any] | None:
        """Return the policy of this type, or None; the factory policy has Keycloak's own name.

        Raises:
            KeycloakError: There are several policies, all of them in force, and not one of them has the factory name.
        """
        session, provider = self.session, self.provider_of(key)
        realm_id = session.realm_id(key.realm)
        if realm_id is None:
            return None
        components = session.get(key.realm, "components", parent=realm_id, type=PROVIDER_TYPE) or ()
        found = [
            item
            for item in components
            if item["providerId"] == provider and item.get("subType") == key.registration
        ]
        own = [item for item in found if item["name"] == self.name_of(key)]
        if len(found) > 1 and len(own) == 1:
            return dict(own[0])  # `drift` names the others, and `up --prune` takes them away
        if len(found) > 1:
            names = ", ".join(repr(item["name"]) for item in found)
            raise KeycloakError(
                f"Realm {key.realm} has {len(found)} {key.registration} policies of type {provider}: {names}.",
                "All of them are in force. Delete all but one in the admin console (Clients, Client registration).",
            )
        return found[0] if found else None

    def to_json(self, spec: P, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the representation; a new policy gets the name of Keycloak's own, which somebody had deleted."""
        body = super().to_json(spec, raw, names)
        body.setdefault("config", {})
        if names is None:
            body |= {
                "name": self.name_of(spec),
                "providerId": self.provider_of(spec),
                "providerType": PROVIDER_TYPE,
                "parentId": self.session.realm_id(spec.realm),
                "subType": spec.registration,
            }
        return body

    def create(self, spec: P) -> Outputs | None:
        """Make the policy.

        Raises:
            KeycloakError: The server offers no policy of this type, or refuses the policy for another reason.
        """
        try:
            return super().create(spec)
        except KeycloakError as refusal:
            session = self.session
            offered = _offered(session, spec.realm)
            if not offered or self.provider_of(spec) in offered:
                raise
            raise KeycloakError(
                f"{_server(session)} offers no registration policy of type {self.provider_of(spec)!r}, so the "
                f"{spec.label()} cannot be made. It offers {', '.join(offered)}.",
                "Leave the policy out, or use a Keycloak version or an extension that offers it.",
            ) from refusal

    def provider_of(self, spec: P) -> str:
        """Return Keycloak's id of the policy's type."""
        del spec
        return self.provider_id

    def name_of(self, spec: P) -> str:
        """Return the name of a new policy."""
        del spec
        return self.display_name


def _offered(session: Session, realm: str) -> list[str]:
    """Return the types of policies that the server offers; empty if the server does not list them."""
    try:
        return sorted(
            item["id"] for item in session.get(realm, "client-registration-policy", "providers") or ()
        )
    except KeycloakError:
        return []


def _server(session: Session) -> str:
    """Return the server with its version, which Keycloak hides from accounts with few rights."""
    try:
        known = version(session)
    except KeycloakError:
        known = ""
    return f"Keycloak {known} at {session.url}" if known else f"Keycloak at {session.url}"
