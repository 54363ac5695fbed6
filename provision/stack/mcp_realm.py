"""The realm that follows the MCP authorization specification, with the MCP servers that it protects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi import Output, ResourceOptions

from provision.config.objects import in_order
from provision.keycloak.builtin import ADMIN_CLI
from provision.resources import keycloak
from provision.stack.declared_realm import declare_objects
from provision.stack.registration import ClientRules
from provision.stack.server import ProtectedServer, Surroundings

if TYPE_CHECKING:
    from provision.config.server import ServerConfig
    from provision.stack.foundation import Foundation

_USE_OF_CLIENTS = (
    "CLIENT_LOGIN",
    "CLIENT_REGISTER",
    "CODE_TO_TOKEN",
    "LOGOUT",
    "OAUTH2_DEVICE_CODE_TO_TOKEN",
    "REFRESH_TOKEN",
)
"""The events from which Keycloak knows when a client registered and when the client was used last."""
_DAY_SECONDS = 86400


class McpRealm:
    """A realm, the MCP servers that the realm protects, and the clients and the demo user of these servers.

    Args:
        foundation: What the realm is built on.
    """

    def __init__(self, foundation: Foundation) -> None:
        self._foundation = foundation
        self._config = foundation.config
        self._declared = in_order(self._config.objects, self._config.realm.name)
        self._realm = self._make_realm()
        # Deleting a realm deletes its content; a realm that stays has each of its objects put back one by one.
        goes_with = None if self._config.realm.adopt else self._realm
        self._inside = ResourceOptions(
            parent=self._realm, provider=foundation.provider, deleted_with=goes_with
        )
        self._servers = [self._server(server) for server in self._config.mcp_servers]
        self._scopes_of_tools()
        scopes = [server.scope for server in self._servers]
        senders = foundation.keycloak.senders if foundation.keycloak is not None else None
        ClientRules(self._config, scopes, self._realm.name, self._inside, senders)
        self._clients()
        self._admin_cli()
        if self._config.ephemeral:
            self._demo_user()
        declare_objects(self._declared, self._realm.name, self._inside)

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs about the realm, the servers and the clients."""
        outputs = {
            "issuer": self._realm.issuer,
            "realm": self._realm.name,
            "servers": [server.outputs() for server in self._servers],
            "clients": [{"client_id": client.client_id} for client in self._config.clients],
        }
        if self._config.ephemeral:
            user = {
                "username": self._config.demo_user.username,
                "password": self._foundation.demo_password,
            }
            outputs["demo_user"] = Output.secret(user)
        return outputs

    def _make_realm(self) -> keycloak.Realm:
        realm = self._config.realm
        return keycloak.Realm(
            "realm",
            name=realm.name,
            display_name=realm.display_name or (None if realm.adopt else "MCP"),
            ssl_required=realm.ssl_required,
            access_token_lifespan=realm.access_token_lifespan,
            sso_session_idle_timeout=realm.sso_session_idle_timeout,
            sso_session_max_lifespan=realm.sso_session_max_lifespan,
            revoke_refresh_token=True,
            refresh_token_max_reuse=0,
            registration_allowed=False,
            password_policy=self._config.password_policy,
            brute_force_protected=True,
            admin_events_enabled=self._config.events,
            **self._events(),
            adopt=realm.adopt,
            **self._foundation.of_realm(realm.name),
            opts=self._foundation.realm_options(),
        )

    def _events(self) -> dict[str, Any]:
        """Return the settings of user events: keep Keycloak's default events, only events of clients' use, or none."""
        if self._config.realm.events is False:
            return {"events_enabled": False}
        days = self._config.events_days
        types = {} if self._config.events else {"enabled_event_types": _USE_OF_CLIENTS}
        expiration = {} if days is None else {"events_expiration": days * _DAY_SECONDS}
        return {"events_enabled": True, **types, **expiration}

    def _server(self, server: ServerConfig) -> ProtectedServer:
        # The scope that a client asks for selects one of several servers; a single server needs no selection.
        alone = len(self._config.mcp_servers) == 1
        expected = self._foundation.expected_issuer(self._config.realm.name)
        return ProtectedServer(
            server,
            self._foundation.secrets.get(self._config.introspection_secret(server)),
            Surroundings(
                realm=self._realm.name,
                # An issuer that is known beforehand lets Keycloak and the server start side by side.
                issuer=self._realm.issuer if expected is None else expected,
                deployment=self._foundation.deployment,
                inside=self._inside,
                scope_kind="default" if alone else "optional",
                resource_indicators=self._config.realm.resource_indicators,
            ),
        )

    def _scopes_of_tools(self) -> None:
        realm, inside = self._realm.name, self._inside
        for name, tools in self._config.further_scopes.items():
            scope = keycloak.ClientScope(
                name,
                realm=realm,
                name=name,
                description=f"Needed for {', '.join(tools)}.",
                consent_text=f"Use {', '.join(tools)} on your behalf",
                in_token_scope=True,
                opts=inside,
            )
            keycloak.RealmClientScopeAssignment(
                f"{name}-in-realm", realm=realm, scope=scope.name, kind="optional", opts=inside
            )

    def _clients(self) -> None:
        # A client older than a scope of the realm does not have the scope; and a client made while there was a
        # single server has that server's scope in every token.
        memberships = {server.scope: server.scope_kind for server in self._servers}
        memberships |= dict.fromkeys(self._config.further_scopes, "optional")
        for client in self._config.clients:
            made = keycloak.Client(
                client.client_id,
                realm=self._realm.name,
                client_id=client.client_id,
                name=client.name,
                access="public",
                standard_flow=True,
                redirect_uris=client.redirect_uris,
                consent_required=True,
                require_pkce=True,
                # An existing client of this name is taken over, so what the client must not do is set explicitly.
                implicit_flow=False,
                direct_access_grants=False,
                full_scope_allowed=False,
                opts=self._inside,
            )
            for scope, kind in memberships.items():
                keycloak.ClientScopeAssignment(
                    f"{client.client_id}-{scope}",
                    realm=self._realm.name,
                    client=made.client_id,
                    scope=scope,
                    kind=kind,
                    opts=self._inside,
                )

    def _admin_cli(self) -> None:
        """Close Keycloak's client that takes passwords, unless the realm or the client is somebody else's to decide."""
        by_the_user = [spec.key_in_container() for spec in self._declared.values()]
        by_the_user += [("Client", client.client_id) for client in self._config.clients]
        if self._config.realm.adopt or ("Client", ADMIN_CLI) in by_the_user:
            return
        keycloak.Client(
            ADMIN_CLI,
            realm=self._realm.name,
            client_id=ADMIN_CLI,
            direct_access_grants=False,
            opts=self._inside,
        )

    def _demo_user(self) -> None:
        user = self._config.demo_user
        keycloak.User(
            "demo-user",
            realm=self._realm.name,
            username=user.username,
            email=user.email,
            first_name="Demo",
            last_name="User",
            password=self._foundation.demo_password,
            opts=self._inside,
        )
