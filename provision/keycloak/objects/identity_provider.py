"""OpenID Connect identity providers (Keycloak Server Administration Guide, "OpenID Connect v1.0 identity providers")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision._lib.matches import Matches
from provision._lib.urls import segment
from provision.core.across_fields import across_fields
from provision.core.spec import NaturalKey, Refers, Secret, Spec, Unordered, WhenNew, WriteOnly
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.flow_names import require_flows
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import Outside, RealmName, at, config

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.handler import Observed
    from provision.core.spec import Outputs
    from provision.keycloak.realm_listing import RealmListing


class IdentityProvider(Spec, module="keycloak", group="Identity providers", rank=1):
    """An OpenID Connect provider that people log in with (Server Administration Guide, "OpenID Connect v1.0 identity providers").

    The provider sends people back to `<issuer of the realm>/broker/<alias>/endpoint`, so the provider has to accept
    that address.
    """

    realm: RealmName
    alias: Annotated[
        str,
        NaturalKey,
        Matches(r"[^\s/]+", "must be without slashes and blanks, and not empty"),
        AfterValidator(segment),
        Field(max_length=COLUMN),
        WhenNew(
            r"[^:;?#@!$&()*+,=\[\]{}\\]+",
            "must be without : ; ? # @ ! $ & * + , = and brackets, braces and backslashes",
        ),
    ] = Field(description="Part of the redirect URI.")
    display_name: str = Field(default="", description="What the login page calls it; the alias when empty.")
    enabled: bool = Field(default=True, description="Whether people can log in with it.")
    issuer: Annotated[str, config("issuer")] = Field(
        default="", description="What the `iss` of its tokens must be; not checked when empty."
    )
    authorization_url: Annotated[str, config("authorizationUrl")] = Field(
        min_length=1, description="Its authorization endpoint."
    )
    token_url: Annotated[str, config("tokenUrl")] = Field(min_length=1, description="Its token endpoint.")
    jwks_url: Annotated[str, config("jwksUrl")] = Field(default="", description="Where its keys are.")
    userinfo_url: Annotated[str, config("userInfoUrl")] = Field(
        default="", description="Its userinfo endpoint; not asked when empty."
    )
    logout_url: Annotated[str, config("logoutUrl")] = Field(
        default="", description="Its end-session endpoint; logins there stay when empty."
    )
    client_id: Annotated[str, config("clientId")] = Field(
        min_length=1, description="The client that Keycloak is at that provider."
    )
    client_secret: Annotated[str | None, Secret, WriteOnly, config("clientSecret")] = Field(
        default=None,
        description="The secret of that client; empty for a client without one. A new provider must declare it, as only "
        "one that exists already has a secret.",
    )
    default_scopes: Annotated[tuple[str, ...], Unordered, Outside] = Field(
        default=("openid",), description="Scopes asked for."
    )
    trust_email: bool = Field(default=False, description="Its addresses count as verified.")
    store_token: bool = Field(default=False, description="Keep the provider's tokens in Keycloak's database.")
    hide_on_login: bool = Field(default=False, description="Leave it off the login page.")
    link_only: bool = Field(default=False, description="Only for accounts that exist already.")
    pkce_method: Annotated[Literal["S256", "plain", "none"], Outside] = Field(
        default="S256",
        description="How PKCE is used towards the provider; `none` for one that does not know it.",
    )
    validate_signature: Annotated[bool, config("validateSignature")] = Field(
        default=True, description="Check its tokens with the keys at `jwksUrl`."
    )
    sync_mode: Annotated[Literal["IMPORT", "FORCE", "LEGACY"], config("syncMode", absent="LEGACY")] = Field(
        default="IMPORT", description="Whether users are updated at the first login only or at every one."
    )
    first_login_flow: Annotated[str, at("firstBrokerLoginFlowAlias"), Refers("AuthenticationFlow")] = Field(
        default="", description="Alias of the flow after the first login; the realm's own when left out."
    )

    organization_domain: Annotated[str, config("kc.org.domain")] = Field(
        default="",
        description="The domain of its organization whose members it is for, or `ANY` for each; Keycloak takes a domain away "
        "that the organization no longer has.",
    )
    redirect_by_domain: Annotated[bool, config("kc.org.broker.redirect.mode.email-matches")] = Field(
        default=False, description="Send members there as soon as they gave an address in that domain."
    )

    @field_validator("default_scopes")
    @classmethod
    def _one_word_each(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if any(scope.split() != [scope] for scope in scopes):
            raise ValueError("a scope has no blank in it and is not empty (RFC 6749, section 3.3)")
        return scopes

    @across_fields
    def _keys_to_check_with(self) -> None:
        if self.validate_signature and not self.jwks_url:
            raise ValueError("validateSignature needs jwksUrl")


def _without_secret(spec: IdentityProvider) -> UsageError:
    """Return the error for a new identity provider with which nobody could log in."""
    command = hint("secret set", f"objects.IdentityProvider/{spec.alias}.clientSecret")
    return UsageError(
        f"The identity provider {spec.alias} has no clientSecret, and there is none in realm {spec.realm} that has one.",
        f"Set it: {command}; or declare an empty one for a client without a secret.",
    )


class IdentityProviderHandler(CollectionHandler[IdentityProvider]):
    """The handler of identity providers through the Admin API."""

    rejects_duplicates = True
    fixed = {"providerId": "oidc"}  # noqa: RUF012 - declared ClassVar in the base

    def collection(self, spec: IdentityProvider) -> tuple[str, ...]:
        """Return the path of the realm's identity providers."""
        del spec
        return "identity-provider", "instances"

    def discover(self, listing: RealmListing) -> Iterator[IdentityProvider]:
        """Yield all identity providers of the type."""
        for item in listing.identity_providers:
            yield self.key(realm=listing.realm, alias=item["alias"])

    def look_up(self, key: IdentityProvider) -> Mapping[str, Any] | None:
        """Return the identity provider by one query for its alias, or None.

        Raises:
            KeycloakError: An identity provider of another type has that alias.
        """
        raw = self.session.get(key.realm, *self.collection(key), key.alias)
        if raw is not None and raw["providerId"] != "oidc":
            raise KeycloakError(
                f"The identity provider {key.alias} in realm {key.realm} is of type {raw['providerId']}, not oidc.",
                "Give another alias, or remove that identity provider first.",
            )
        return None if raw is None else dict(raw)

    def address_of(self, raw: Mapping[str, Any]) -> str:
        """Return the alias, which ends the provider's path."""
        return str(raw["alias"])

    def from_json(self, key: IdentityProvider, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields, without the secret, which Keycloak masks."""
        settings = raw.get("config", {})
        pkce = settings.get("pkceMethod") or "plain"  # Keycloak's default if only the PKCE switch is set
        return super().from_json(key, raw) | {
            "client_secret": None,
            "default_scopes": tuple(sorted(settings.get("defaultScope", "").split())),
            "pkce_method": pkce if settings.get("pkceEnabled") == "true" else "none",
        }

    def to_json(
        self, spec: IdentityProvider, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation; Keycloak's mask of a secret goes back and leaves the secret unchanged."""
        if names is not None and spec.client_secret is None:
            names = {*names} - {"client_secret"}
        body = super().to_json(spec, raw, names)
        changed = {}
        if names is None or "default_scopes" in names:
            changed["defaultScope"] = " ".join(sorted(set(spec.default_scopes)))
        if names is None or "pkce_method" in names:
            on = spec.pkce_method != "none"
            changed |= {"pkceEnabled": str(on).lower(), "pkceMethod": spec.pkce_method if on else ""}
        if names is None or "jwks_url" in names:
            changed["useJwksUrl"] = str(bool(spec.jwks_url)).lower()
        if not body.get("firstBrokerLoginFlowAlias"):
            body.pop("firstBrokerLoginFlowAlias", None)
        return {**body, "config": {**body.get("config", {}), **changed}}

    def creates_before_find(self, spec: IdentityProvider) -> bool:
        """Return whether the secret is declared: without it, the provider has to exist already."""
        return spec.client_secret is not None

    def preflight_new(self, spec: IdentityProvider) -> None:
        """Raise an error if no secret is declared and there is no such provider, whose secret could stay."""
        if spec.client_secret is None and self.look_up(spec) is None:
            raise _without_secret(spec)

    def create(self, spec: IdentityProvider) -> Outputs | None:
        """Make the identity provider, if its secret is declared and its flow exists."""
        if spec.client_secret is None:
            raise _without_secret(spec)
        self._require_flow(spec)
        return super().create(spec)

    def update(self, found: Observed[IdentityProvider], spec: IdentityProvider) -> Outputs | None:
        """Change the declared fields, if the flow exists."""
        self._require_flow(spec)
        return super().update(found, spec)

    def _require_flow(self, spec: IdentityProvider) -> None:
        """Raise an error if the flow is unknown: Keycloak's own answer would be an internal error."""
        require_flows(self.session, spec.realm, [spec.first_login_flow])
