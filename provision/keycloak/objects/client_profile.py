"""Client profiles (Keycloak Server Administration Guide, "Client Policies", "Profile")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision.core.across_fields import across_fields
from provision.core.spec import Part
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.client_policy_documents import (
    Configuration,
    PolicyDocumentHandler,
    PolicyPart,
    provided,
    refuse_what_has_a_field,
)
from provision.keycloak.bases.representation import Outside, at

if TYPE_CHECKING:
    from provision.core.handler import Observed


class PkceEnforcer(Configuration):
    """A requirement of PKCE with S256 in authorization requests (RFC 7636)."""

    auto_configure: bool = Field(default=False, description="Switch it on in clients that don't ask for it.")


class ClientAuthenticators(Configuration):
    """The ways in which clients may authenticate."""

    allowed_client_authenticators: tuple[str, ...] = Field(
        default=(), description="Ids, such as `client-jwt` and `client-secret`."
    )
    default_client_authenticator: str = Field(
        default="client-jwt", description="What a client gets that names none."
    )


class RedirectUris(Configuration):
    """The redirect URIs that a client may have: without an option, https URIs without a wildcard."""

    allow_ipv4_loopback_address: bool = Field(default=False, description="Allow URIs on `127.0.0.0/8`.")
    allow_ipv6_loopback_address: bool = Field(default=False, description="Allow URIs on `[::1]`.")
    allow_private_use_uri_scheme: bool = Field(
        default=False, description="For example `com.example.app:/callback` (RFC 8252, section 7.1)."
    )
    allow_http_scheme: bool = Field(default=False, description="Allow `http:`; otherwise only `https:` is.")
    allow_wildcard_context_path: bool = Field(default=False, description="Allow a `*` in the path.")
    allow_permitted_domains: tuple[str, ...] = Field(
        default=(), description="Regular expressions for host names; any host when empty."
    )
    oauth20_compliant: Annotated[bool, at("oauth-2-0-compliant")] = Field(
        default=False, description="Hold URIs to the rules of OAuth 2.0 (RFC 6749)."
    )
    oauth21_compliant: Annotated[bool, at("oauth-2-1-compliant")] = Field(
        default=False, description="Hold URIs to the rules of OAuth 2.1, which ask for exact URIs."
    )
    allow_open_redirect: bool = Field(
        default=False, description="Allow any URI: nothing else here is looked at. For development only."
    )


class SecretRotation(Configuration):
    """The rotation of secrets: a new secret leaves the old one valid for a while; periods in seconds."""

    expiration_period: int = Field(default=29 * 86400, ge=1, description="How long a secret is good for.")
    rotated_expiration_period: int = Field(
        default=2 * 86400, ge=0, description="How long the former secret stays good after a rotation."
    )
    remaining_rotation_period: int = Field(
        default=10 * 86400, ge=0, description="An update this long before the end rotates the secret."
    )

    @across_fields
    def _within_the_life(self) -> None:
        if max(self.rotated_expiration_period, self.remaining_rotation_period) > self.expiration_period:
            raise ValueError("neither period may be longer than expirationPeriod")


class ClientIdMetadataDocument(Configuration):
    """Clients whose id is the URL of their metadata."""

    allow_http_scheme: Annotated[bool, at("cimd-allow-http-scheme")] = Field(
        default=False, description="For development only."
    )
    trusted_domains: Annotated[tuple[str, ...], at("cimd-allow-permitted-domains")] = Field(
        default=(), description="Hosts, with wildcards such as `*.example.org`; none trusts nobody."
    )
    restrict_same_domain: Annotated[bool, at("cimd-restrict-same-domain")] = Field(
        default=False,
        description="The metadata, its redirect URIs and what else it names must be on one domain.",
    )
    required_properties: Annotated[tuple[str, ...], at("cimd-required-properties")] = Field(
        default=(), description="What a client's metadata must hold."
    )
    only_allow_confidential_client: bool = Field(default=False, description="Refuse public clients.")


class Executor(Part):
    """Any executor by its id."""

    executor: str = Field(description="Keycloak's id of the executor, such as `consent-required`.")
    configuration: dict[str, Any] = Field(default={}, description="In Keycloak's own keys.")


class ClientProfile(PolicyPart, module="keycloak", group="Clients", rank=2):
    """A client profile: executors that a client policy applies (Server Administration Guide, "Client Policies").

    An executor with a field here is declared by that field, any other executor in `executors`.
    """

    pkce: Annotated[PkceEnforcer | None, provided("pkce-enforcer")] = Field(
        default=None, description="Clients must use PKCE."
    )
    client_authenticators: Annotated[ClientAuthenticators | None, provided("secure-client-authenticator")] = (
        Field(default=(None), description="How clients may authenticate themselves.")
    )
    redirect_uris: Annotated[RedirectUris | None, provided("secure-redirect-uris-enforcer")] = Field(
        default=None, description="Which redirect URIs clients may have."
    )
    rotation: Annotated[SecretRotation | None, provided("secret-rotation", "client-secret-rotation")] = Field(
        default=None, description="Two client secrets at a time; feature `client-secret-rotation`."
    )
    client_id_metadata_document: Annotated[
        ClientIdMetadataDocument | None, provided("client-id-metadata-document", "cimd")
    ] = Field(default=None, description="Needs the feature `cimd` and a policy with `clientIdUri`.")
    executors: Annotated[tuple[Executor, ...], Outside] = Field(
        default=(), description="Executors that have no field of their own."
    )

    @across_fields
    def _said_once(self) -> None:
        refuse_what_has_a_field(self, "executors", "executor")


class ClientProfileHandler(PolicyDocumentHandler[ClientProfile]):
    """The handler of the realm's own profiles; Keycloak's global ones can be used in policies but not changed."""

    document = "profiles"
    parts = "executors"
    part = "executor"

    def delete(self, found: Observed[ClientProfile]) -> None:
        """Remove the profile, unless a policy uses it: Keycloak would then refuse every later change of a policy.

        Raises:
            KeycloakError: A policy uses the profile.
        """
        realm = found.spec.realm
        policies = self.session.get(realm, "client-policies", "policies") or {}
        users = [
            item["name"] for item in policies.get("policies") or () if found.id in item.get("profiles", ())
        ]
        if users:
            raise KeycloakError(
                f"The {found.spec.label()} is used by {', '.join(map(repr, users))}.",
                "Take it out of the policy first; a policy that gets the profile's `name` output goes before it.",
            )
        super().delete(found)
