"""What the typed client-registration policies share (Keycloak "Client registration service", "Client Registration Policies").

A policy is a component of the realm. Every policy of a kind of registration must pass, so a second one of the same
type does not replace the first: what Keycloak made itself is found and changed, never joined by another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field

from provision.keycloak.collection import CollectionCalls
from provision.keycloak.representation import Outside, RealmName
from provision.keycloak.session import KeycloakError
from provision.spec import NaturalKey, Spec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PROVIDER_TYPE = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"


class RegistrationPolicy(Spec):
    """The fields that every policy has. Subclasses add their own, each placed by the config key of Keycloak."""

    realm: RealmName
    registration: Annotated[Literal["anonymous", "authenticated"], NaturalKey, Outside] = Field(
        default="anonymous",
        description="Which registrations it judges: without or with an initial access token.",
    )


P = TypeVar("P", bound=RegistrationPolicy)


class RegistrationPolicyCalls(CollectionCalls[P]):
    """Policies of one type through the Admin API's components."""

    provider_id: ClassVar[str]
    display_name: ClassVar[str]

    def collection(self, spec: P) -> tuple[str, ...]:
        """The realm's components."""
        del spec
        return ("components",)

    def look_up(self, key: P) -> Mapping[str, Any] | None:
        """The policy of this type; the factory one carries Keycloak's own name.

        Raises:
            KeycloakError: There are several, and all of them are in force.
        """
        session = self.context.session()
        realm_id = session.realm_id(key.realm)
        if realm_id is None:
            return None
        components = session.get(key.realm, "components", parent=realm_id, type=PROVIDER_TYPE) or ()
        found = [
            item
            for item in components
            if item["providerId"] == self.provider_id and item.get("subType") == key.registration
        ]
        if len(found) > 1:
            names = ", ".join(repr(item["name"]) for item in found)
            raise KeycloakError(
                f"Realm {key.realm} has {len(found)} {key.registration} policies of type {self.provider_id}: {names}.",
                "All of them are in force. Delete all but one in the admin console (Clients, Client registration).",
            )
        return found[0] if found else None

    def represented(self, spec: P, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """A new policy, made where somebody had deleted Keycloak's own, gets that one's name."""
        body = super().represented(spec, raw, names)
        body.setdefault("config", {})
        if names is None:
            body |= {
                "name": self.display_name,
                "providerId": self.provider_id,
                "providerType": PROVIDER_TYPE,
                "parentId": self.context.session().realm_id(spec.realm),
                "subType": spec.registration,
            }
        return body
