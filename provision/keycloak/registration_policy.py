"""What the typed client-registration policies share (Keycloak "Client registration service", "Client Registration Policies").

A policy is a component of the realm. Every policy of a kind of registration must pass, so a second one of the same
type does not replace the first: what Keycloak made itself is found and changed, never joined by another.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field

from provision.keycloak.session import KeycloakError
from provision.spec import Calls, Found, NaturalKey, Spec

PROVIDER_TYPE = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"


class RegistrationPolicy(Spec):
    """The fields that every policy has. Subclasses add their own, each named as Keycloak names its config key."""

    realm: Annotated[str, NaturalKey]
    registration: Annotated[Literal["anonymous", "authenticated"], NaturalKey] = Field(
        default="anonymous",
        description="Which registrations it judges: without or with an initial access token.",
    )


P = TypeVar("P", bound=RegistrationPolicy)


class RegistrationPolicyCalls(Calls[P]):
    """Policies of one type through the Admin API's components."""

    provider_id: ClassVar[str]
    display_name: ClassVar[str]
    config: ClassVar[dict[str, str]]
    """Field name → Keycloak's config key. A bool is sent as text, a tuple as several values."""

    def find(self, key: P) -> Found[P] | None:
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
        if not found:
            return None
        raw = found[0]
        return Found(raw["id"], self._spec_of(key, raw.get("config", {})), raw=raw)

    def create(self, spec: P) -> None:
        """Make the policy where somebody had deleted it."""
        session = self.context.session()
        body = {
            "name": self.display_name,
            "providerId": self.provider_id,
            "providerType": PROVIDER_TYPE,
            "parentId": session.realm_id(spec.realm),
            "subType": spec.registration,
            "config": self._config_of(spec, {}),
        }
        session.post(spec.realm, "components", body=body)

    def update(self, found: Found[P], spec: P) -> None:
        """Change the declared keys; others stay."""
        config = self._config_of(spec, found.raw.get("config", {}))
        body = {**found.raw, "config": config}
        self.context.session().put(spec.realm, "components", found.id, body=body)

    def delete(self, found: Found[P]) -> None:
        """Remove a policy that was not there before."""
        self.context.session().delete(found.spec.realm, "components", found.id)

    def _spec_of(self, key: P, config: dict[str, list[str]]) -> P:
        values: dict[str, Any] = {}
        for field, name in self.config.items():
            kind = self.spec.model_fields[field].annotation
            if kind is bool:
                values[field] = config.get(name, ["false"])[0] == "true"
            else:
                values[field] = tuple(sorted(config.get(name, [])))
        return self.spec.model_validate({"realm": key.realm, "registration": key.registration, **values})  # type: ignore[return-value]

    def _config_of(self, spec: P, config: dict[str, list[str]]) -> dict[str, list[str]]:
        declared = {}
        for field, name in self.config.items():
            value = getattr(spec, field)
            declared[name] = [str(value).lower()] if isinstance(value, bool) else sorted(value)
        return config | declared
