"""The flows that a realm uses (Keycloak Server Administration Guide, "Authentication flows")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision.core.handler import Observed
from provision.core.spec import Refers, Spec
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.flow_names import require_flows
from provision.keycloak.bases.realm_settings import put_settings
from provision.keycloak.bases.representation import RealmName, at, read, write
from provision.keycloak.handler import KeycloakHandler

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.spec import Outputs
    from provision.keycloak.api.session import Session
    from provision.keycloak.realm_listing import RealmListing

FlowName = Annotated[str, Refers("AuthenticationFlow"), Field(min_length=1)]
"""The alias of a flow."""


class AuthenticationBindings(Spec, module="keycloak", group="Authentication", rank=2):
    """The flows that a realm uses for logins and the like (Server Administration Guide, "Authentication flows").

    Every realm uses some flow for each purpose, so the bindings are always taken over: destroy binds the former flows
    again. They are a resource of their own, since the realm exists before its flows do. A client may use other flows,
    see `browserFlow` of Client.
    """

    realm: RealmName
    browser_flow: FlowName = Field(
        default="browser", description="Alias of the flow for logins in a browser."
    )
    registration_flow: FlowName = Field(
        default="registration", description="Alias of the flow for people who register themselves."
    )
    direct_grant_flow: FlowName = Field(
        default="direct grant", description="Alias of the flow for the password grant."
    )
    reset_credentials_flow: FlowName = Field(
        default="reset credentials", description="Alias of the flow behind “Forgot password?”."
    )
    client_authentication_flow: FlowName = Field(
        default="clients", description="Alias of the flow by which clients prove who they are."
    )
    first_broker_login_flow: Annotated[FlowName, at("firstBrokerLoginFlow")] = Field(
        default="first broker login",
        description="Alias of the flow after the first login with an identity provider that names no flow.",
    )


PLACES = tuple(
    str(info.alias) for name, info in AuthenticationBindings.model_fields.items() if name != "realm"
)
"""The keys of the bindings in a realm's representation."""


class AuthenticationBindingsHandler(KeycloakHandler[AuthenticationBindings]):
    """The handler of the bindings of a realm, which are settings of the realm itself."""

    def discover(self, listing: RealmListing) -> Iterator[AuthenticationBindings]:
        """Yield the bindings, if a flow is not the one that Keycloak binds."""
        key = self.key(realm=listing.realm)
        found = self.find(key)
        usual = {name: value for name, value in self.spec.defaults().items() if value}
        if found is not None and (listing.factory or usual.items() - found.spec.wire(whole=True).items()):
            yield key

    def find(self, key: AuthenticationBindings) -> Observed[AuthenticationBindings] | None:
        """Return the bindings, or None if there is no realm."""
        raw = self.session.get(key.realm)
        if raw is None:
            return None
        values = read(AuthenticationBindings, raw) | {"realm": key.realm}
        return Observed("", AuthenticationBindings.model_construct(**values), raw=raw)

    def to_json(
        self, spec: AuthenticationBindings, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the part of the realm's representation that the bindings are."""
        return write(spec, raw, names)

    def create(self, spec: AuthenticationBindings) -> Outputs | None:
        """Raise an error if the realm does not exist; there is nothing to make, since the bindings come with the realm.

        Raises:
            KeycloakError: There is no such realm.
        """
        raise KeycloakError(f"There is no realm {spec.realm}.", "Declare the realm first.")

    def update(self, found: Observed[AuthenticationBindings], spec: AuthenticationBindings) -> None:
        """Bind the declared flows, all in one call.

        Raises:
            KeycloakError: A flow does not exist.
        """
        wanted = self.to_json(spec, {}, spec.model_fields_set - {"realm"})
        flows = {place: alias for place, alias in wanted.items() if found.raw.get(place) != alias}
        require_flows(self.session, spec.realm, flows.values())
        bind(self.session, spec.realm, flows)

    def delete(self, found: Observed[AuthenticationBindings]) -> None:
        """Do nothing: there is no realm without bindings."""


def bound(realm: Mapping[str, Any] | None, alias: str) -> tuple[str, ...]:
    """Return the places at which a realm's representation names a flow.

    Args:
        realm: The representation, or None if there is no realm.
        alias: The flow's alias.
    """
    return tuple(place for place in PLACES if realm and realm.get(place) == alias)


def bind(session: Session, realm: str, flows: Mapping[str, str]) -> None:
    """Make a realm use other flows, all of them by one call.

    Args:
        session: The Admin API.
        realm: The realm.
        flows: The aliases, by the keys of the realm's representation.
    """
    if flows:
        put_settings(session, realm, flows)
