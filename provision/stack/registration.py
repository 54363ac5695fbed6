"""The rules by which clients register themselves in the realm, and the rules for all clients."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from provision.resources import keycloak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi import Input, Output, ResourceOptions

    from provision.config.stack_config import StackConfig

_BY_ITSELF = {"update_client_source": ["ByAnonymous", "ByRegistrationAccessToken"]}
"""The condition for a client that registers itself or changes its own registration (RFC 7592)."""
_NO_SECRET = "none"  # noqa: S105 - a name
"""The name of Keycloak's authenticator for public clients."""


class ClientRules:
    """The registration policies and the client policies of a realm.

    Args:
        config: The stack file's settings.
        scopes: The scopes of the stack's servers.
        realm: The realm's name.
        inside: The options of resources in the realm.
        senders: Further addresses from which programs on this machine register.
    """

    def __init__(
        self,
        config: StackConfig,
        scopes: Sequence[str],
        realm: Output[str],
        inside: ResourceOptions,
        senders: Output[Sequence[str]] | None = None,
    ) -> None:
        self._senders = senders
        self._config = config
        self._scopes = scopes
        self._realm = realm
        self._inside = inside
        self._registration_policies()
        self._pkce()
        if config.registration_enabled:
            self._registration_by_itself()
        if config.registration.client_id_metadata.enabled:
            self._client_id_metadata()

    def _registration_policies(self) -> None:
        registration, enabled = self._config.registration, self._config.registration_enabled
        # With Keycloak's defaults, no hosts and both checks on, nobody can register.
        keycloak.TrustedHostsPolicy(
            "trusted-hosts",
            realm=self._realm,
            trusted_hosts=self._trusted_hosts() if enabled else (),
            host_sending_registration_request_must_match=registration.sender_must_match or not enabled,
            client_uris_must_match=registration.client_uris_must_match or not enabled,
            opts=self._inside,
        )
        keycloak.AllowedClientScopesPolicy(
            "allowed-scopes",
            realm=self._realm,
            allowed_client_scopes=sorted(
                {*self._scopes, *self._config.further_scopes, *registration.allowed_scopes}
            ),
            allow_default_scopes=True,
            opts=self._inside,
        )

    def _trusted_hosts(self) -> Input[Sequence[Input[str]]]:
        hosts = self._config.registration.trusted_hosts
        if self._senders is None:
            return hosts
        return self._senders.apply(lambda senders: [*hosts, *senders])

    def _pkce(self) -> None:
        # In an adopted realm, clients that have nothing to do with MCP stay as they are.
        among_others = {"scopes": list(self._scopes), "type": "Any"} if self._config.realm.adopt else None
        self._policy(
            "mcp-pkce",
            "PKCE with S256 for every client (OAuth 2.1).",
            profile={"pkce": {"auto_configure": True}},
            any_client=among_others is None,
            client_scopes=among_others,
        )

    def _registration_by_itself(self) -> None:
        """Declare the limits on self-registered clients that Keycloak's registration policies do not check."""
        schemes = "|".join(map(re.escape, self._config.registration.redirect_schemes))
        exact = {
            "allowed-patterns": [rf"^({schemes})://[^/?#*]+(/[^*#]*)?$"],
            "client-uri-fields": ["redirectUris"],
        }
        self._policy(
            "mcp-registered",
            "Clients that register themselves are public and have absolute redirect URIs without a wildcard.",
            profile={
                "client_authenticators": {
                    "allowed_client_authenticators": [_NO_SECRET],
                    "default_client_authenticator": _NO_SECRET,
                },
                "executors": [{"executor": "secure-client-uris-pattern", "configuration": exact}],
            },
            client_updater_context=_BY_ITSELF,
        )

    def _client_id_metadata(self) -> None:
        documents = self._config.registration.client_id_metadata
        self._policy(
            "mcp-client-id-metadata",
            "Clients whose id is the address of their metadata.",
            profile={
                "client_id_metadata_document": {
                    "allow_http_scheme": documents.allow_http,
                    "trusted_domains": documents.trusted_domains,
                }
            },
            client_id_uri={
                "schemes": ["https", *(["http"] if documents.allow_http else [])],
                "trusted_domains": documents.trusted_domains,
            },
        )

    def _policy(self, name: str, description: str, *, profile: dict[str, Any], **conditions: Any) -> None:
        """Declare a client policy and a client profile of the same name."""
        made = keycloak.ClientProfile(
            name, realm=self._realm, name=name, description=description, opts=self._inside, **profile
        )
        keycloak.ClientPolicy(
            name,
            realm=self._realm,
            name=name,
            description=description,
            profiles=[made.name],
            opts=self._inside,
            **conditions,
        )
