"""Client policies (Keycloak Server Administration Guide, "Client Policies", "Policy" and "Condition")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from provision.core.across_fields import across_fields
from provision.core.spec import Part, Refers, Unordered
from provision.keycloak.bases.client_policy_documents import (
    Configuration,
    PolicyDocumentHandler,
    PolicyPart,
    provided,
    refuse_what_has_a_field,
)
from provision.keycloak.bases.representation import Outside, at

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEGATIVE = Field(default=False, description="For all the other clients.")


class ClientRoles(Configuration):
    """Clients that have one of the client roles."""

    roles: tuple[str, ...] = Field(description="Names of client roles; one of them is enough.")
    is_negative_logic: bool = _NEGATIVE


class ClientScopes(Configuration):
    """Clients, or requests, with one of the client scopes."""

    scopes: tuple[str, ...] = Field(description="Names of client scopes; one of them is enough.")
    type: Literal["Default", "Optional", "Any"] = Field(
        default="Optional",
        description="How the scope is linked to the client; an `Optional` one has to be asked for in the request.",
    )
    is_negative_logic: bool = _NEGATIVE


class ClientAccessType(Configuration):
    """Public or confidential clients."""

    type: tuple[str, ...] = Field(description="`confidential`, `public`, `bearer-only`.")
    is_negative_logic: bool = _NEGATIVE


class ClientUpdaterContext(Configuration):
    """The way in which a client is made or changed."""

    update_client_source: tuple[str, ...] = Field(
        description="`ByAuthenticatedUser`, `ByAnonymous`, `ByInitialAccessToken`, `ByRegistrationAccessToken`."
    )
    is_negative_logic: bool = _NEGATIVE


class ClientUpdaterSourceHost(Configuration):
    """The hosts from which a client is made or changed."""

    trusted_hosts: tuple[str, ...] = Field(
        description="Host names or addresses; `*.example.org` stands for all hosts below."
    )
    is_negative_logic: bool = _NEGATIVE


class ClientIdUri(Configuration):
    """Clients whose id is a URI."""

    schemes: Annotated[tuple[str, ...], at("client-id-uri-scheme")] = Field(
        description="URI schemes that the client id may have, such as `https`."
    )
    trusted_domains: Annotated[tuple[str, ...], at("client-id-uri-allow-permitted-domains")] = Field(
        default=(), description="Hosts, with wildcards such as `*.example.org`; none trusts nobody."
    )
    is_negative_logic: bool = _NEGATIVE


class Condition(Part):
    """Any condition by its id."""

    condition: str = Field(description="Keycloak's id of the condition, such as `grant-type`.")
    configuration: dict[str, Any] = Field(default={}, description="In Keycloak's own keys.")


class ClientPolicy(PolicyPart, module="keycloak", group="Clients", rank=3):
    """A client policy: profiles for the clients that meet all conditions (Server Administration Guide, "Client Policies").

    A condition with a field here is declared by that field, any other condition in `conditions`. A policy without a
    condition applies to no client. Conditions are evaluated at each event separately: `clientIdUri` applies only before
    the authorization request.
    """

    enabled: bool = Field(default=True, description="Whether it is in force.")
    any_client: Annotated[bool, provided("any-client")] = Field(
        default=False, description="Every client meets this condition."
    )
    client_roles: Annotated[ClientRoles | None, provided("client-roles")] = Field(
        default=None, description="For clients that have one of these client roles."
    )
    client_scopes: Annotated[ClientScopes | None, provided("client-scopes")] = Field(
        default=None, description="For clients, or requests, with one of these client scopes."
    )
    client_access_type: Annotated[ClientAccessType | None, provided("client-access-type")] = Field(
        default=None, description="For public or for confidential clients."
    )
    client_updater_context: Annotated[ClientUpdaterContext | None, provided("client-updater-context")] = (
        Field(default=None, description="For clients that are made or changed in this way.")
    )
    client_updater_source_host: Annotated[
        ClientUpdaterSourceHost | None, provided("client-updater-source-host")
    ] = Field(default=None, description="For clients that are made or changed from these hosts.")
    client_id_uri: Annotated[ClientIdUri | None, provided("client-id-uri", "cimd")] = Field(
        default=None, description="Needs the feature `cimd`."
    )
    conditions: Annotated[tuple[Condition, ...], Outside] = Field(
        default=(), description="Conditions that have no field of their own."
    )
    profiles: Annotated[tuple[str, ...], Unordered, Refers("ClientProfile")] = Field(
        default=(), description="Names of client profiles of the realm or of Keycloak's global ones."
    )

    @across_fields
    def _said_once(self) -> None:
        refuse_what_has_a_field(self, "conditions", "condition")

    def references(self) -> Iterator[tuple[str, ...]]:
        """Yield the usual references, and the scopes that a condition names."""
        yield from super().references()
        if self.client_scopes is not None:
            yield from (("ClientScope", name) for name in self.client_scopes.scopes)


class ClientPolicyHandler(PolicyDocumentHandler[ClientPolicy]):
    """The handler of the realm's policies."""

    document = "policies"
    parts = "conditions"
    part = "condition"
