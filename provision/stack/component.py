"""The component that puts a stack together, top to bottom, and the program that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import Output, ResourceOptions

from provision.config.objects import in_order
from provision.deployments.choice import chosen
from provision.deployments.process import ProcessDeployment
from provision.resources import Provider, docker, index, keycloak
from provision.stack.registration import ClientRules
from provision.stack.server import ProtectedServer, Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import SecretStr

    from provision.config.server import ServerConfig
    from provision.config.stack_config import StackConfig
    from provision.core.spec import Spec
    from provision.deployments import Deployment


_USE_OF_CLIENTS = (
    "CLIENT_LOGIN",
    "CLIENT_REGISTER",
    "CODE_TO_TOKEN",
    "LOGOUT",
    "OAUTH2_DEVICE_CODE_TO_TOKEN",
    "REFRESH_TOKEN",
)
"""Keycloak knows only by these events when a client registered and when it was used last."""
_DAYS_OF_USE = 180


@dataclass(frozen=True)
class _Secrets:
    admin: Output[str]
    demo_password: Output[str]


class McpStack(pulumi.ComponentResource):
    """A Keycloak, a realm that follows the MCP authorization specification, and a protected MCP server.

    Args:
        name: The stack's name.
        config: What the stack file says.
        home: The folder for the stack's processes.
        folder: The folder of the stack file.
        plain_secrets: Keys of secrets that stand in the stack file unencrypted.
        opts: Pulumi's options.
    """

    def __init__(
        self,
        name: str,
        config: StackConfig,
        *,
        home: Path,
        folder: Path,
        plain_secrets: Sequence[str] = (),
        opts: ResourceOptions | None = None,
    ) -> None:
        runs_in = chosen(config.runtime, home)
        # What the stack is for and how its file keeps secrets are inputs, so that rules see it; Pulumi makes
        # outputs of them, `self.runtime` for one.
        told: dict[str, Any] = {"profile": config.profile, "runtime": runs_in, **_elsewhere(config)}
        if plain_secrets:
            told["plainSecrets"] = list(plain_secrets)
        super().__init__("provision:index:McpStack", name, told, opts)
        self._config = config
        self._runs_in = runs_in
        self._name = name
        self._deployment = self._place(home, folder)
        secrets = self._secrets()
        started = config.keycloak.url is None
        self.keycloak = self._deployment.keycloak(config, secrets.admin) if started else None
        self.keycloak_url = self._keycloak_url()
        provider = Provider(
            f"{name}-keycloak",
            url=self.keycloak_url,
            client_secret=secrets.admin,
            **config.keycloak.service_account(),
            # Ours has them when it is up, even if it does not yet at a preview; another one is asked.
            features=",".join(config.features) if self.keycloak is not None else None,
            opts=ResourceOptions(parent=self),
        )
        if not config.mcp:
            self.realm, self._inside = self._declared_realm(provider)
            self._objects()
            self.outputs = self._outputs_of_the_realm(secrets)
            self.register_outputs({})
            return
        self.realm = self._realm(provider)
        # What is in a realm goes with it, unless the realm stays: then everything is put back one by one.
        goes_with = None if config.realm.adopt else self.realm
        self._inside = ResourceOptions(parent=self.realm, provider=provider, deleted_with=goes_with)
        self.servers = [self._server(server) for server in config.mcp_servers]
        self._scopes_of_tools()
        senders = self.keycloak.senders if self.keycloak is not None else None
        ClientRules(config, self._scope_names(), self.realm.name, self._inside, senders)
        self._clients()
        if config.ephemeral:
            self._demo_user(secrets)
        self._objects()
        self.outputs = self._outputs(secrets)
        self.register_outputs({})

    def _place(self, home: Path, folder: Path) -> Deployment:
        opts = ResourceOptions(parent=self)
        if self._runs_in == "external":
            return ProcessDeployment(home, folder, opts)
        kept = index.Runtime("runtime", home=str(home), runtime=self._runs_in, opts=opts)
        opts = ResourceOptions(parent=self, depends_on=[kept])  # so it is made first and removed last
        if self._runs_in == "docker":
            from provision.deployments.docker import DockerDeployment

            name = f"{pulumi.get_project()}-{self._name}"
            return DockerDeployment(name, home, self._config.docker.base_images, opts, mark=kept.mark)
        return ProcessDeployment(home, folder, opts)

    def _secrets(self) -> _Secrets:
        config = self._config
        return _Secrets(
            admin=self._secret("admin-client-secret", config.admin_client_secret),
            demo_password=self._secret("demo-user-password", config.demo_user_password),
        )

    def _secret(self, name: str, given: SecretStr | None) -> Output[str]:
        """The secret of the stack config or, in dev and test stacks, one that is generated and kept in the state."""
        if given is not None:
            return Output.secret(given.get_secret_value())
        if not self._config.ephemeral:
            return Output.secret("")  # the configuration was refused already where one is needed
        made: Output[str] = index.GeneratedSecret(name, name=name, opts=ResourceOptions(parent=self)).value
        return made

    def _keycloak_url(self) -> Output[str]:
        if self.keycloak is not None:
            return self.keycloak.url
        return Output.from_input(str(self._config.keycloak.url))

    def _server(self, server: ServerConfig) -> ProtectedServer:
        # Several servers are told apart by the scope that a client asks for; one is what every token is for.
        alone = len(self._config.mcp_servers) == 1
        secret = "introspection-client-secret" if alone else f"{server.name}-introspection-client-secret"
        return ProtectedServer(
            server,
            self._secret(secret, server.introspection_client_secret),
            Surroundings(
                realm=self.realm.name,
                # Of a Keycloak that we start we know the issuer beforehand, so that both start side by side.
                issuer=self._expected_issuer if self.keycloak is not None else self.realm.issuer,
                deployment=self._deployment,
                inside=self._inside,
                scope_kind="default" if alone else "optional",
                resource_indicators=self._config.realm.resource_indicators,
            ),
        )

    @property
    def _expected_issuer(self) -> Output[str]:
        planned = self.keycloak.planned_url if self.keycloak is not None else None
        url = self.keycloak_url if planned is None else planned
        return Output.concat(url, "/realms/", self._config.realm.name)

    def _realm(self, provider: Provider) -> keycloak.Realm:
        realm = self._config.realm
        started = self.keycloak
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
            owner=f"{pulumi.get_project()}/{self._name}",
            # Of a Keycloak that we start we know the issuer beforehand, and which data and features it has.
            features=self._config.features if started else None,
            supplied_keys=self._config.ephemeral if started else None,
            instance=self._data_id(provider),
            expected_issuer=self._expected_issuer if started else None,
            # The data goes with the Keycloak that we run, so on destroy there is nothing to ask it for.
            opts=ResourceOptions(
                parent=self, provider=provider, deleted_with=started.resource if started else None
            ),
        )

    def _data_id(self, provider: Provider) -> Output[str] | None:
        """Which data our Keycloak has; None where it is somebody else's."""
        started = self.keycloak
        if started is None or started.runs_in is None:
            return started.data_id if started else None
        opts = ResourceOptions(parent=self, provider=provider, deleted_with=started.resource)
        told: Output[str] = docker.ServerData("keycloak-data", runs_in=started.runs_in, opts=opts).data_id
        return told

    def _events(self) -> dict[str, Any]:
        """Everything that is kept by default, what tells of the use of clients, or nothing."""
        if self._config.events or self._config.realm.events is False:
            return {"events_enabled": self._config.events}
        return {
            "events_enabled": True,
            "enabled_event_types": _USE_OF_CLIENTS,
            "events_expiration": _DAYS_OF_USE * 86400,
        }

    def _declared_realm(self, provider: Provider) -> tuple[keycloak.Realm, ResourceOptions]:
        """The realm of a stack that declares objects only."""
        name = self._config.realm.name
        spec = next(
            spec for spec in in_order(self._config.objects, name).values() if spec.token.endswith(":Realm")
        )
        realm = keycloak.Realm(
            "realm", **_arguments(spec), opts=ResourceOptions(parent=self, provider=provider)
        )
        goes_with = None if getattr(spec, "adopt", False) else realm
        return realm, ResourceOptions(parent=realm, provider=provider, deleted_with=goes_with)

    def _objects(self) -> None:
        """What the stack file declares by its type."""
        for name, spec in in_order(self._config.objects, self._config.realm.name).items():
            if not spec.token.endswith(":Realm"):
                kind = getattr(keycloak, type(spec).__name__)
                opts = ResourceOptions.merge(self._inside, ResourceOptions(aliases=_former_names(spec)))
                kind(name, **_arguments(spec) | {"realm": self.realm.name}, opts=opts)

    def _scopes_of_tools(self) -> None:
        realm, inside = self.realm.name, self._inside
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

    def _scope_names(self) -> list[str]:
        return [server.scope for server in self.servers]

    def _clients(self) -> None:
        config, inside = self._config, self._inside
        # A client that was there before a scope does not have it, though it is one of the realm's; and one that was
        # made when there was a single server has its scope in every token.
        memberships = {server.scope: server.scope_kind for server in self.servers}
        memberships |= dict.fromkeys(config.further_scopes, "optional")
        for client in config.clients:
            made = keycloak.Client(
                client.client_id,
                realm=self.realm.name,
                client_id=client.client_id,
                name=client.name,
                access="public",
                standard_flow=True,
                redirect_uris=client.redirect_uris,
                consent_required=True,
                require_pkce=True,
                # One of that name that was there before is taken over: what it must not do has to be said.
                implicit_flow=False,
                direct_access_grants=False,
                full_scope_allowed=False,
                opts=inside,
            )
            for scope, kind in memberships.items():
                keycloak.ClientScopeAssignment(
                    f"{client.client_id}-{scope}",
                    realm=self.realm.name,
                    client=made.client_id,
                    scope=scope,
                    kind=kind,
                    opts=inside,
                )

    def _demo_user(self, secrets: _Secrets) -> None:
        user = self._config.demo_user
        keycloak.User(
            "demo-user",
            realm=self.realm.name,
            username=user.username,
            email=user.email,
            first_name="Demo",
            last_name="User",
            password=secrets.demo_password,
            opts=self._inside,
        )

    def _outputs_of_the_realm(self, secrets: _Secrets) -> dict[str, Any]:
        config = self._config
        return {
            "issuer": self.realm.issuer,
            "realm": self.realm.name,
            "admin_console": Output.concat(
                self.keycloak_url, "/admin/", config.keycloak.auth_realm, "/console/#/", config.realm.name
            ),
            "servers": [],
            "clients": [],
            "keycloak_url": self.keycloak_url,
            "runtime": self._runs_in,
            "admin": Output.secret(
                {"client_id": config.keycloak.admin_client_id, "client_secret": secrets.admin}
            ),
        }

    def _outputs(self, secrets: _Secrets) -> dict[str, Any]:
        config = self._config
        outputs = self._outputs_of_the_realm(secrets) | {
            "servers": [server.outputs() for server in self.servers],
            "clients": [{"client_id": client.client_id} for client in config.clients],
        }
        if config.ephemeral:
            outputs["demo_user"] = Output.secret(
                {"username": config.demo_user.username, "password": secrets.demo_password}
            )
        return outputs


def _former_names(spec: Spec) -> list[pulumi.Alias | str]:
    """What an object that the stack file declares was called when its kind had another name."""
    _, *key = spec.key_in_container()
    return [
        pulumi.Alias(name="/".join((token.rpartition(":")[2], *key)), type_=token)
        for token in spec.former_tokens
    ]


def _elsewhere(config: StackConfig) -> dict[str, Any]:
    """The servers that the stack does not start, so that rules know of them."""
    servers = [
        {
            "name": server.name,
            "url": server.url,
            "scopes": [server.scope.name],
            "toolScopes": server.tool_scopes,
        }
        for server in config.mcp_servers
        if server.url is not None
    ]
    return {"serversElsewhere": servers} if servers else {}


def _arguments(spec: Spec) -> dict[str, Any]:
    """What is declared, under the Python names."""
    wire = spec.wire()
    return {field.name: wire[field.wire] for field in spec.fields().values() if field.wire in wire}
