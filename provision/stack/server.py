"""One MCP server of a stack: the running server, and the realm's objects that tokens for the server need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import pulumi
from pulumi import Output, ResourceOptions

from provision.resources import keycloak
from provision.runtimes.deployment import ServerNeeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.config.server import ServerConfig
    from provision.runtimes.deployment import Deployment


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The realm and the deployment that a server is added to.

    Args:
        realm: The realm's name.
        issuer: The realm's issuer.
        deployment: The deployment that starts the server.
        inside: The options of resources in the realm.
        scope_kind: The kind in which clients have the server's scope, ``default`` or ``optional``.
        resource_indicators: Whether Keycloak evaluates the resource that a request names.
    """

    realm: Output[str]
    issuer: Output[str]
    deployment: Deployment
    inside: ResourceOptions
    scope_kind: str
    resource_indicators: bool


class ProtectedServer:
    """A server with its scope, its audience and the client with which it introspects.

    Args:
        config: The server's settings in the stack file, with all names filled in.
        secret: The introspection client's secret.
        around: The realm and the deployment that the server is added to.
    """

    def __init__(self, config: ServerConfig, secret: Output[str], around: Surroundings) -> None:
        self._config = config
        self._secret = secret
        self._around = around
        self._secret_given_by: Sequence[pulumi.Resource] = ()
        self.url, self.resource_metadata = self._addresses()
        self._scope()
        self._introspection_client()

    @property
    def scope_kind(self) -> str:
        """The kind in which clients have the server's scope, ``default`` or ``optional``."""
        return self._around.scope_kind

    @property
    def _client_id(self) -> pulumi.Input[str]:
        """The id of the introspecting client; with resource indicators, it must be the resource's URL.

        Keycloak answers a client's introspection only for tokens that have this client as an audience (Keycloak's fix
        for CVE-2026-37979), and a token with a resource indicator has the resource as its only audience.
        """
        return self.url if self._around.resource_indicators else str(self._config.client_id)

    @property
    def scope(self) -> str:
        """The name of the scope that every call needs."""
        return str(self._config.scope.name)

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs about the server."""
        config = self._config
        return {
            "name": config.name,
            "url": self.url,
            "resource_metadata": self.resource_metadata,
            "scopes": [self.scope],
            "tool_scopes": config.tool_scopes,
            "introspection": Output.secret({"client_id": self._client_id, "client_secret": self._secret}),
        }

    def _addresses(self) -> tuple[Output[str], Output[str]]:
        """Return the URLs of the server and of its metadata; start the server here unless it runs elsewhere."""
        if self._config.url is None:
            around = self._around
            started = around.deployment.server(
                self._config,
                ServerNeeds(
                    issuer=around.issuer,
                    scope=self.scope,
                    client_id=None if around.resource_indicators else self._config.client_id,
                    client_secret=self._secret,
                ),
            )
            self._secret_given_by = started.secret_given_by
            return started.url, started.resource_metadata
        # RFC 9728, section 3.1: the well-known part goes between host and path.
        at = urlsplit(self._config.url)
        path = f"/.well-known/oauth-protected-resource{at.path}"
        metadata = urlunsplit((at.scheme, at.netloc, path, at.query, ""))
        return Output.from_input(self._config.url), Output.from_input(metadata)

    def _scope(self) -> None:
        config, realm, inside = self._config, self._around.realm, self._around.inside
        scope = keycloak.ClientScope(
            self.scope,
            realm=realm,
            name=self.scope,
            description=config.scope.description,
            consent_text=config.scope.consent_text,
            in_token_scope=True,
            opts=inside,
        )
        keycloak.RealmClientScopeAssignment(
            f"{self.scope}-in-realm", realm=realm, scope=scope.name, kind=self.scope_kind, opts=inside
        )
        keycloak.AudienceMapper(
            f"{self.scope}-audience",
            realm=realm,
            scope=scope.name,
            name="audience-config",
            included_custom_audience=self.url,
            add_to_access_token=True,
            add_to_introspection=False,
            opts=inside,
        )
        keycloak.AudienceMapper(
            f"{self.scope}-introspection-audience",
            realm=realm,
            scope=scope.name,
            name="introspection-audience",
            included_client_audience=self._client_id,
            add_to_access_token=True,
            add_to_introspection=False,
            opts=inside,
        )

    def _introspection_client(self) -> None:
        config = self._config
        keycloak.Client(
            f"{config.name}-introspection",
            realm=self._around.realm,
            client_id=self._client_id,
            name=f"Introspection for {config.name}",
            access="confidential",
            secret=self._secret,
            # An existing client of this name is taken over, so what the client must not do is set explicitly.
            standard_flow=False,
            implicit_flow=False,
            direct_access_grants=False,
            device_grant=False,
            service_accounts=False,
            token_exchange=False,
            full_scope_allowed=False,
            resource_url=self.url if self._around.resource_indicators else None,
            opts=ResourceOptions.merge(
                self._around.inside, ResourceOptions(depends_on=list(self._secret_given_by))
            ),
        )
