"""OpenID Connect clients (Keycloak Server Administration Guide, "Managing OpenID Connect clients")."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from provision._lib.matches import Matches
from provision.core.across_fields import across_fields
from provision.core.spec import NaturalKey, Outputs, Refers, Secret, Spec, Unordered
from provision.keycloak import builtin, realm_document
from provision.keycloak.api import server_info
from provision.keycloak.api.session import ForbiddenError, KeycloakError, Session
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.flow_names import flow_ids, require_flows
from provision.keycloak.bases.listing_cache import ListingCache
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import Outside, RealmName, at, attribute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.handler import Observed
    from provision.keycloak.realm_listing import RealmListing


_PKCE = "pkce.code.challenge.method"
_JWKS, _USE_JWKS = "jwks.url", "use.jwks.url"
_FRONT = "frontchannel.logout.url"
_SERVICE_ACCOUNT = "serviceAccountsEnabled"
_RESOURCES = "resource-indicators"
_MASK = "**********"
"""Keycloak's mask of a secret, for an account that may look at clients but not change them."""
_ALGORITHM = Matches(
    "((RS|PS|ES)(256|384|512)|EdDSA)?",
    "must be RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA",
)
_GRANTS = (
    "standard_flow",
    "service_accounts",
    "device_grant",
    "token_exchange",
    "implicit_flow",
    "direct_access_grants",
)
_FLOWS = "authenticationFlowBindingOverrides"
_FLOW_PLACES = {"browser_flow": "browser", "direct_grant_flow": "direct_grant"}
_ACCOUNT_NAME = "service-account-"
"""The beginning of the name of a service account's user."""
_CONFIDENTIAL_ONLY = {
    "secret": "secret",
    "service_accounts": "service account",
    "token_exchange": "token exchange",
}


class Client(Spec, module="keycloak", group="Clients", rank=1):
    """An OpenID Connect client (Server Administration Guide, "Managing OpenID Connect clients").

    A *public* client logs people in with authorization code and PKCE and has no secret; a *confidential* client has a
    secret or a key of its own. All grants are off by default, and PKCE is required. Keycloak's own client policies may
    change a client's settings.
    """

    # A client gets the realm's default scopes when it is made, and never again.
    follows = ("RealmClientScopeAssignment", "RealmClientScopes")

    realm: RealmName
    client_id: Annotated[str, NaturalKey] = Field(
        min_length=1,
        max_length=255,
        description="The id that the client names itself by; any text, often a URL.",
    )
    name: str = Field(
        default="", max_length=255, description="What the consent page and the admin console call it."
    )
    description: str = Field(default="", max_length=255, description="What the admin console says of it.")
    enabled: bool = Field(default=True, description="Whether users can log in to it and it can get tokens.")
    access: Annotated[Literal["public", "confidential"], Outside] = Field(
        default="public",
        description="`public` has no secret and relies on PKCE; `confidential` authenticates itself.",
    )
    secret: Annotated[str | None, Secret] = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="The secret of a confidential client; when left out Keycloak makes one, see `generatedSecret`.",
    )
    client_authenticator: Annotated[
        str,
        at("clientAuthenticatorType"),
        Matches("client-(secret|secret-jwt|jwt)", "must be client-secret, client-secret-jwt or client-jwt"),
    ] = Field(
        default="client-secret",
        description="How a confidential client proves who it is: with its secret (`client-secret`), with a JWT signed "
        "with the secret (`client-secret-jwt`), or with one signed with a key of its own (`client-jwt`; RFC 7523).",
    )
    jwks_url: Annotated[str, Outside] = Field(
        default="", description="Where the client publishes its public keys (RFC 7517)."
    )

    standard_flow: Annotated[bool, at("standardFlowEnabled")] = Field(
        default=False, description="Authorization code grant (OAuth 2.1, section 4.1)."
    )
    require_pkce: Annotated[bool, Outside] = Field(
        default=True, description="Refuse authorization requests without S256 (RFC 7636)."
    )
    service_accounts: Annotated[bool, at("serviceAccountsEnabled")] = Field(
        default=False, description="Client credentials grant (OAuth 2.1, section 4.2)."
    )
    device_grant: Annotated[bool, attribute("oauth2.device.authorization.grant.enabled")] = Field(
        default=False, description="Device authorization grant (RFC 8628)."
    )
    token_exchange: Annotated[bool, attribute("standard.token.exchange.enabled")] = Field(
        default=False, description="Standard token exchange (RFC 8693), for a confidential client."
    )
    implicit_flow: Annotated[bool, at("implicitFlowEnabled")] = Field(
        default=False, description="Implicit grant, which OAuth 2.1 no longer has."
    )
    direct_access_grants: Annotated[bool, at("directAccessGrantsEnabled")] = Field(
        default=False, description="Password grant, which OAuth 2.1 no longer has."
    )

    redirect_uris: Annotated[tuple[str, ...], Unordered] = Field(
        default=(),
        description="Compared exactly; `http://127.0.0.1/` and `http://localhost/` match any port.",
    )
    post_logout_redirect_uris: Annotated[
        tuple[str, ...], Unordered, attribute("post.logout.redirect.uris")
    ] = Field(
        default=(),
        description="Where a logout may lead; the redirect URIs when left out or `+`, nowhere with `-`.",
    )
    web_origins: Annotated[tuple[str, ...], Unordered] = Field(
        default=(), description="Origins allowed by CORS; `+` for those of the redirect URIs."
    )
    root_url: str = Field(
        default="", max_length=255, description="Put before the other URLs where they are relative."
    )
    base_url: str = Field(default="", max_length=255, description="The client's own page, for links to it.")
    admin_url: str = Field(
        default="", max_length=255, description="Where Keycloak tells the client of a revocation."
    )
    front_channel_logout_url: Annotated[str, Outside] = Field(
        default="", description="Opened in the browser at a logout (OpenID Connect Front-Channel Logout 1.0)."
    )
    back_channel_logout_url: Annotated[str, attribute("backchannel.logout.url")] = Field(
        default="", description="Called by Keycloak at a logout (OpenID Connect Back-Channel Logout 1.0)."
    )
    resource_url: Annotated[str, attribute("resource_url")] = Field(
        default="",
        description="The resource server's URI in `resource` parameters (RFC 8707); Keycloak needs its experimental "
        "feature `resource-indicators`.",
    )

    consent_required: bool = Field(
        default=False, description="Ask each user once before the client gets tokens."
    )
    display_on_consent_screen: Annotated[bool, attribute("display.on.consent.screen")] = Field(
        default=False, description="Ask for consent to the client itself too, besides that to its scopes."
    )
    consent_screen_text: Annotated[str, attribute("consent.screen.text")] = Field(
        default="", description="What the consent page says of the client itself."
    )
    always_display_in_console: bool = Field(
        default=False, description="List it for every user in the account console."
    )
    full_scope_allowed: bool = Field(
        default=False,
        description="Put all of a user's roles into tokens, not just those of the client's scopes.",
    )

    browser_flow: Annotated[str, Outside, Refers("AuthenticationFlow")] = Field(
        default="", description="Alias of the flow for logins in a browser; the realm's when left out."
    )
    direct_grant_flow: Annotated[str, Outside, Refers("AuthenticationFlow")] = Field(
        default="", description="Alias of the flow for the password grant; the realm's when left out."
    )

    access_token_lifespan: Annotated[int | None, attribute("access.token.lifespan")] = Field(
        default=None, ge=1, description="Seconds an access token is good for; the realm's when left out."
    )
    client_session_idle_timeout: Annotated[int | None, attribute("client.session.idle.timeout")] = Field(
        default=None, ge=1, description="Seconds without use that end its session; the realm's when left out."
    )
    client_session_max_lifespan: Annotated[int | None, attribute("client.session.max.lifespan")] = Field(
        default=None, ge=1, description="Seconds after which its session ends; the realm's when left out."
    )
    client_offline_session_idle_timeout: Annotated[
        int | None, attribute("client.offline.session.idle.timeout")
    ] = Field(
        default=None,
        ge=1,
        description="Seconds without use that end its offline session; the realm's when left out.",
    )
    client_offline_session_max_lifespan: Annotated[
        int | None, attribute("client.offline.session.max.lifespan")
    ] = Field(
        default=None,
        ge=1,
        description="Seconds after which its offline session ends; the realm's when left out.",
    )
    use_refresh_tokens: Annotated[bool, attribute("use.refresh.tokens", absent=True)] = Field(
        default=True, description="Issue refresh tokens to it."
    )
    use_refresh_token_for_client_credentials: Annotated[
        bool, attribute("client_credentials.use_refresh_token")
    ] = Field(default=False, description="A refresh token without a user; OAuth 2.1 advises against it.")
    access_token_signature_algorithm: Annotated[
        str, attribute("access.token.signed.response.alg"), _ALGORITHM
    ] = Field(default="", description="Such as `ES256` (RFC 7518); the realm's when left out.")
    id_token_signature_algorithm: Annotated[str, attribute("id.token.signed.response.alg"), _ALGORITHM] = (
        Field(default="", description="Such as `ES256` (RFC 7518); the realm's when left out.")
    )
    lightweight_access_tokens: Annotated[bool, attribute("client.use.lightweight.access.token.enabled")] = (
        Field(default=False, description="Leave most claims to introspection; without `aud`, too.")
    )

    @across_fields
    def _a_public_client_proves_nothing(self) -> None:
        if self.access == "public" and self.client_authenticator != "client-secret":
            raise ValueError("a public client proves nothing; set access to confidential")

    @across_fields
    def _a_public_client_has_less(self) -> None:
        if self.access == "public":
            for field, what in _CONFIDENTIAL_ONLY.items():
                if getattr(self, field) not in {None, False}:
                    raise ValueError(f"a public client has no {what}; set access to confidential")

    @across_fields
    def _a_key_of_its_own_takes_the_place_of_a_secret(self) -> None:
        if self.client_authenticator == "client-jwt" and self.secret is not None:
            raise ValueError("a client that signs with a key of its own has no secret")
        if self.client_authenticator == "client-jwt" and not self.jwks_url:
            raise ValueError("client-jwt needs jwksUrl")

    @across_fields
    def _its_user_has_a_name(self) -> None:
        if self.service_accounts and len(_ACCOUNT_NAME + self.client_id) > COLUMN:
            raise ValueError(
                f"clientId may have {COLUMN - len(_ACCOUNT_NAME)} characters with serviceAccounts"
            )

    @across_fields
    def _a_login_returns_somewhere(self) -> None:
        if (self.standard_flow or self.implicit_flow) and not self.redirect_uris:
            raise ValueError(f"{'standardFlow' if self.standard_flow else 'implicitFlow'} needs redirectUris")


class ClientOutputs(Outputs):
    """The values that Keycloak adds to a client."""

    generated_secret: Annotated[str | None, Secret] = Field(
        default=None,
        description="The secret that Keycloak made for a confidential client that was given none.",
    )


class ClientHandler(CollectionHandler[Client]):
    """The handler of clients through the Admin API."""

    outputs = ClientOutputs
    rejects_duplicates = True
    fixed = {"protocol": "openid-connect"}  # noqa: RUF012 - declared ClassVar in the base
    is_recorded = True
    further_places = (
        *(("publicClient",), ("secret",), ("frontchannelLogout",)),
        *(("attributes", name) for name in (_PKCE, _JWKS, _USE_JWKS, _FRONT)),
        ("attributes", "client.secret.creation.time"),
        *((_FLOWS, place) for place in _FLOW_PLACES.values()),
    )

    def creates_before_find(self, spec: Client) -> bool:
        """Return whether the client is not one that Keycloak makes itself, which is there already."""
        return not builtin.is_client(spec.realm, spec.client_id)

    def collection(self, spec: Client) -> tuple[str, ...]:
        """Return the path of the realm's clients."""
        del spec
        return ("clients",)

    def look_up(self, key: Client) -> Mapping[str, Any] | None:
        """Return the client with that client id, or None."""
        return client_with_id(self.session, key.realm, key.client_id)

    def discover(self, listing: RealmListing) -> Iterator[Client]:
        """Yield the clients that people made or that registered themselves."""
        for item in listing.clients:
            yield self.key(realm=listing.realm, client_id=item["clientId"])

    def from_json(self, key: Client, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields, with the secret if one is declared, or if a declared public client would lose it.

        A secret that Keycloak masks counts as the declared secret. A bearer-only client gets no tokens, so that all its
        grants are off, and their own switches mean nothing.
        """
        attributes = raw.get("attributes", {})
        secret = raw.get("secret")
        if secret == _MASK:
            secret = key.secret
        elif key.secret is None and key.access != "public":
            secret = None
        off = dict.fromkeys(_GRANTS, False) if raw.get("bearerOnly") else {}
        return {
            **super().from_json(key, raw),
            **off,
            **self._flows(key.realm, raw.get(_FLOWS) or {}),
            "access": "public" if raw.get("publicClient") else "confidential",
            "secret": secret,
            "require_pkce": attributes.get(_PKCE) == "S256",
            "jwks_url": attributes.get(_JWKS, "") if attributes.get(_USE_JWKS) == "true" else "",
            "front_channel_logout_url": attributes.get(_FRONT, "") if raw.get("frontchannelLogout") else "",
        }

    def to_json(self, spec: Client, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the representation, in which a secret that is not declared stays unchanged.

        Raises:
            KeycloakError: A resource URL is declared that Keycloak would ignore.
        """
        body = super().to_json(spec, raw, names)
        if spec.secret is None:
            body.pop("secret", None)
        if raw.get("bearerOnly") and any(getattr(spec, grant) for grant in _GRANTS):
            body["bearerOnly"] = False  # or the grant would stay off
        attributes = dict(body.get("attributes", {}))
        if names is None or "access" in names:
            body["publicClient"] = spec.access == "public"
            if spec.secret is not None:  # a public client has lost its secret
                body["secret"] = spec.secret
        if names is None or "require_pkce" in names:
            attributes[_PKCE] = "S256" if spec.require_pkce else ""
        if names is None or "jwks_url" in names:
            attributes |= {_JWKS: spec.jwks_url, _USE_JWKS: "true" if spec.jwks_url else ""}
        if names is None or "front_channel_logout_url" in names:
            attributes[_FRONT] = spec.front_channel_logout_url
            body["frontchannelLogout"] = bool(spec.front_channel_logout_url)
        if spec.resource_url and spec.resource_url != raw.get("attributes", {}).get("resource_url"):
            server_info.require(self.session, "token-interceptor", _RESOURCES, _RESOURCES)
        body |= self._overrides(spec, raw, names)
        if names is None:  # Keycloak and its client policies treat an empty URL as a given one
            attributes = {name: value for name, value in attributes.items() if value != ""}
            body = {name: value for name, value in body.items() if value != ""}
        return {**body, "attributes": attributes}

    def _flows(self, realm: str, overrides: Mapping[str, str]) -> dict[str, str]:
        """Return the aliases of the client's own flows, by field; Keycloak names them by id.

        An account that may not see flows gets the ids: it may have nothing to do with them.
        """
        ids = {name: overrides.get(place) or "" for name, place in _FLOW_PLACES.items()}
        if not any(ids.values()):
            return ids
        try:
            aliases = {id_: alias for alias, id_ in flow_ids(self.session, realm).items()}
        except ForbiddenError:
            return ids
        return {name: aliases.get(id_, id_) for name, id_ in ids.items()}

    def _overrides(
        self, spec: Client, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, dict[str, str]]:
        """Return the part with the declared flows, by their ids; an empty one takes the override away.

        Raises:
            KeycloakError: A flow does not exist.
        """
        declared = [
            name for name in _FLOW_PLACES if (getattr(spec, name) if names is None else name in names)
        ]
        ids = require_flows(self.session, spec.realm, [getattr(spec, name) for name in declared])
        flows = {_FLOW_PLACES[name]: ids.get(getattr(spec, name), "") for name in declared}
        return {_FLOWS: {**(raw.get(_FLOWS) or {}), **flows}} if flows else {}

    def find(self, key: Client) -> Observed[Client] | None:
        """Return the client, with its secret among the outputs if none is declared."""
        found = super().find(key)
        if found is None or key.secret is not None:
            return found
        return replace(found, outputs=_outputs(found.spec, found.raw.get("secret")))

    def in_document(self, found: Observed[Client]) -> Mapping[str, Any]:
        """Return the client as it stands in the realm's document."""
        return realm_document.of_client(found.raw)

    def preflight(self, spec: Client) -> None:
        """Raise an error if a resource URL is declared and Keycloak lacks the feature."""
        if spec.resource_url and _RESOURCES not in self.features:
            server_info.require(self.session, "token-interceptor", _RESOURCES, _RESOURCES)

    def create(self, spec: Client) -> ClientOutputs:
        """Make the client; Keycloak makes a secret if none is declared."""
        session, body = self.session, self.to_json(spec, {}, None)
        if not spec.redirect_uris:  # Keycloak would allow everything below the root URL
            body.pop("rootUrl", None)
        made = session.post(spec.realm, "clients", body=body)
        self.note_made()
        if spec.root_url and not spec.redirect_uris:
            session.put(spec.realm, "clients", made, body=body | {"rootUrl": spec.root_url})
        return self._generated(spec, spec, made)

    def update(self, found: Observed[Client], spec: Client) -> ClientOutputs:
        """Change the declared fields."""
        body = self.to_json(spec, found.raw, spec.model_fields_set)
        body.pop(
            "protocolMappers", None
        )  # or Keycloak would remove a mapper that was added since the client was read
        if found.raw.get(_SERVICE_ACCOUNT) and body[_SERVICE_ACCOUNT]:
            del body[_SERVICE_ACCOUNT]  # or Keycloak would give the client the scope service_account
        self.session.put(spec.realm, "clients", found.id, body=body)
        declared = spec.model_fields_set & {"access", "client_authenticator"}
        now = found.spec.model_copy(update={name: getattr(spec, name) for name in declared})
        return self._generated(spec, now, found.id)

    def _generated(self, spec: Client, now: Client, address: str) -> ClientOutputs:
        if spec.secret is not None or not _has_secret(now):
            return ClientOutputs()
        told = self.session.get(spec.realm, "clients", address, "client-secret") or {}
        return _outputs(now, told.get("value"))


def _has_secret(client: Client) -> bool:
    return client.access == "confidential" and client.client_authenticator in {
        "client-secret",
        "client-secret-jwt",
    }


def _outputs(client: Client, secret: str | None) -> ClientOutputs:
    return ClientOutputs(generated_secret=secret if _has_secret(client) and secret != _MASK else None)


def client_with_id(session: Session, realm: str, client_id: str) -> dict[str, Any] | None:
    """Return the representation of the client with that client id, or None."""
    if (listed := ListingCache.of(session).items("clientId", realm, "clients")) is not None:
        return dict(listed[client_id]) if client_id in listed else None
    found = session.get(realm, "clients", clientId=client_id)
    return dict(found[0]) if found else None


def internal_id(session: Session, realm: str, client_id: str) -> str:
    """Return Keycloak's own id of the client with that client id.

    Raises:
        KeycloakError: There is no such client.
    """
    found = client_with_id(session, realm, client_id)
    if found is None:
        raise KeycloakError(
            f"There is no client {client_id!r} in realm {realm}.", "Declare the client first."
        )
    return str(found["id"])
