"""The component that puts a stack together, top to bottom, and the program that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import pulumi
from pulumi import Output, ResourceOptions

from provision.config.names import NAMESPACE
from provision.config.objects import in_order
from provision.config.project import Project
from provision.config.stack_config import StackConfig, read
from provision.errors import ProvisionError
from provision.resources import Provider, index, keycloak, process

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

    from provision.spec import Spec


@dataclass(frozen=True)
class _Secrets:
    admin: Output[str]
    introspection: Output[str]
    demo_password: Output[str]


class McpStack(pulumi.ComponentResource):
    """A Keycloak, a realm that follows the MCP authorization specification, and a protected MCP server.

    Args:
        name: The stack's name.
        config: What the stack file says.
        home: The folder for the stack's processes.
        opts: Pulumi's options.
    """

    def __init__(
        self, name: str, config: StackConfig, home: Path, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("provision:index:McpStack", name, None, opts)
        self._config = config
        self._home = home
        self._name = name
        secrets = self._secrets()
        self.keycloak = self._keycloak(secrets) if config.keycloak.url is None else None
        self.keycloak_url = self._keycloak_url()
        provider = Provider(
            f"{name}-keycloak",
            url=self.keycloak_url,
            client_id=config.keycloak.admin_client_id,
            client_secret=secrets.admin,
            ca_file=config.keycloak.ca_file,
            auth_realm=config.keycloak.auth_realm,
            # Ours has them when it is up, even if it does not yet at a preview; another one is asked.
            features=",".join(config.keycloak.features) if self.keycloak is not None else None,
            opts=ResourceOptions(parent=self),
        )
        if not config.mcp:
            self.realm, self._inside = self._declared_realm(provider)
            self._objects()
            self.outputs = self._outputs_of_the_realm(secrets)
            self.register_outputs({})
            return
        self.realm = self._realm(provider)
        self.server_url, self.resource_metadata = self._server_addresses(secrets)
        # What is in a realm goes with it, unless the realm stays: then everything is put back one by one.
        goes_with = None if config.realm.adopt else self.realm
        self._inside = ResourceOptions(parent=self.realm, provider=provider, deleted_with=goes_with)
        self._scope_and_audience()
        self._clients(secrets)
        if config.throw_away:
            self._demo_user(secrets)
        self._objects()
        self.outputs = self._outputs(secrets)
        self.register_outputs({})

    def _secrets(self) -> _Secrets:
        config = self._config
        return _Secrets(
            admin=self._secret("admin-client-secret", config.admin_client_secret),
            introspection=self._secret("introspection-client-secret", config.introspection_client_secret),
            demo_password=self._secret("demo-user-password", config.demo_user_password),
        )

    def _secret(self, name: str, given: SecretStr | None) -> Output[str]:
        """The secret of the stack config or, in dev and test stacks, one that is generated and kept in the state."""
        if given is not None:
            return Output.secret(given.get_secret_value())
        if not self._config.throw_away:
            return Output.secret("")  # the configuration was refused already where one is needed
        made: Output[str] = index.GeneratedSecret(name, name=name, opts=ResourceOptions(parent=self)).value
        return made

    def _keycloak(self, secrets: _Secrets) -> process.Keycloak:
        return process.Keycloak(
            "keycloak",
            home=str(self._home / "keycloak"),
            port=self._config.keycloak.port,
            admin_client_id=self._config.keycloak.admin_client_id,
            admin_client_secret=secrets.admin,
            features=self._config.keycloak.features,
            opts=ResourceOptions(parent=self),
        )

    def _keycloak_url(self) -> Output[str]:
        if self.keycloak is not None:
            return self.keycloak.url
        return Output.from_input(str(self._config.keycloak.url))

    def _server_addresses(self, secrets: _Secrets) -> tuple[Output[str], Output[str]]:
        """The server's URL and its metadata's: of a server that runs elsewhere, or of one that is started here."""
        url = self._config.server.url
        if url is None:
            server = self._server(secrets)
            return server.url, server.resource_metadata
        at = urlsplit(url)  # RFC 9728, section 3.1: the well-known part goes between host and path
        path = f"/.well-known/oauth-protected-resource{at.path}"
        return Output.from_input(url), Output.from_input(
            urlunsplit((at.scheme, at.netloc, path, at.query, ""))
        )

    def _server(self, secrets: _Secrets) -> process.McpServer:
        server = self._config.server
        return process.McpServer(
            server.name,
            home=str(self._home / server.name),
            name=server.name,
            port=server.port,
            # Of a Keycloak that we start we know the issuer beforehand, so that both start side by side.
            issuer=self._expected_issuer if self.keycloak is not None else self.realm.issuer,
            scopes=[self._config.scope.name],
            tool_scopes=server.tool_scopes,
            verifier=server.verifier,
            cache_seconds=server.cache_seconds,
            introspection_client_id=server.client_id,
            introspection_client_secret=secrets.introspection,
            opts=ResourceOptions(parent=self),
        )

    @property
    def _expected_issuer(self) -> Output[str]:
        return Output.concat(self.keycloak_url, "/realms/", self._config.realm.name)

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
            brute_force_protected=True,
            events_enabled=self._config.events,
            admin_events_enabled=self._config.events,
            adopt=realm.adopt,
            owner=f"{pulumi.get_project()}/{self._name}",
            # Of a Keycloak that we start we know the issuer beforehand, and which data it has.
            supplied_keys=self._config.throw_away if started else None,
            instance=started.data_id if started else None,
            expected_issuer=self._expected_issuer if started else None,
            # The data goes with the Keycloak that we run, so on destroy there is nothing to ask it for.
            opts=ResourceOptions(parent=self, provider=provider, deleted_with=self.keycloak),
        )

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
                kind(name, **_arguments(spec) | {"realm": self.realm.name}, opts=self._inside)

    def _scope_and_audience(self) -> None:
        config, realm, inside = self._config, self.realm.name, self._inside
        scope = keycloak.ClientScope(
            "scope",
            realm=realm,
            name=config.scope.name,
            description=config.scope.description,
            consent_text=config.scope.consent_text,
            in_token_scope=True,
            opts=inside,
        )
        keycloak.DefaultClientScope("default-scope", realm=realm, scope=scope.name, opts=inside)
        keycloak.AudienceMapper(
            "audience",
            realm=realm,
            scope=scope.name,
            name="audience-config",
            included_custom_audience=self.server_url,
            add_to_access_token=True,
            add_to_introspection=False,
            opts=inside,
        )
        # Keycloak tells a client only of tokens that it is an audience of (its fix for CVE-2026-37979).
        keycloak.AudienceMapper(
            "introspection-audience",
            realm=realm,
            scope=scope.name,
            name="introspection-audience",
            included_client_audience=config.server.client_id,
            add_to_access_token=True,
            add_to_introspection=False,
            opts=inside,
        )
        for name, tools in config.server.further_scopes.items():
            further = keycloak.ClientScope(
                name,
                realm=realm,
                name=name,
                description=f"Needed for {', '.join(tools)}.",
                consent_text=f"Use {', '.join(tools)} on your behalf",
                in_token_scope=True,
                opts=inside,
            )
            keycloak.DefaultClientScope(
                f"optional-{name}", realm=realm, scope=further.name, kind="optional", opts=inside
            )
        # Without hosts and with both checks on, as Keycloak makes it, nobody can register.
        registration, enabled = config.registration, config.registration_enabled
        keycloak.TrustedHostsPolicy(
            "trusted-hosts",
            realm=realm,
            trusted_hosts=registration.trusted_hosts if enabled else (),
            host_sending_registration_request_must_match=registration.sender_must_match or not enabled,
            client_uris_must_match=registration.client_uris_must_match or not enabled,
            opts=inside,
        )
        keycloak.AllowedClientScopesPolicy(
            "allowed-scopes",
            realm=realm,
            allowed_client_scopes=sorted(
                {config.scope.name, *config.server.further_scopes, *registration.allowed_scopes}
            ),
            allow_default_scopes=True,
            opts=inside,
        )

    def _clients(self, secrets: _Secrets) -> None:
        config, inside = self._config, self._inside
        keycloak.Client(
            "introspection-client",
            realm=self.realm.name,
            client_id=config.server.client_id,
            name=f"Introspection for {config.server.name}",
            access="confidential",
            secret=secrets.introspection,
            standard_flow=False,
            service_accounts=False,
            full_scope_allowed=False,
            opts=inside,
        )
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
                full_scope_allowed=False,
                opts=inside,
            )
            # A client that was there before a scope does not have it, though it is one of the realm's.
            memberships = dict.fromkeys(config.server.further_scopes, "optional")
            if config.realm.adopt:
                memberships[config.scope.name] = "default"
            for scope, kind in memberships.items():
                keycloak.ClientDefaultScope(
                    f"{client.client_id}-{'scope' if kind == 'default' else scope}",
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
            "admin": Output.secret(
                {"client_id": config.keycloak.admin_client_id, "client_secret": secrets.admin}
            ),
        }

    def _outputs(self, secrets: _Secrets) -> dict[str, Any]:
        config = self._config
        outputs = self._outputs_of_the_realm(secrets) | {
            "servers": [
                {
                    "name": config.server.name,
                    "url": self.server_url,
                    "resource_metadata": self.resource_metadata,
                    "scopes": [config.scope.name],
                    "tool_scopes": config.server.tool_scopes,
                    "introspection": Output.secret(
                        {"client_id": config.server.client_id, "client_secret": secrets.introspection}
                    ),
                }
            ],
            "clients": [{"client_id": client.client_id} for client in config.clients],
        }
        if config.throw_away:
            outputs["demo_user"] = Output.secret(
                {"username": config.demo_user.username, "password": secrets.demo_password}
            )
        return outputs


def _arguments(spec: Spec) -> dict[str, Any]:
    """What is declared, under the Python names."""
    wire = spec.wire()
    return {field.name: wire[field.wire] for field in spec.fields().values() if field.wire in wire}


def program(project_folder: Path) -> dict[str, Any]:
    """The Pulumi program: reads the stack's config, builds the component, exports its outputs.

    Args:
        project_folder: The folder that holds ``Pulumi.yaml``.

    Raises:
        pulumi.RunError: The configuration is wrong; the engine shows its text, without a traceback.
    """
    from pulumi.runtime.config import CONFIG, get_config_env

    prefix = f"{NAMESPACE}:"
    values = CONFIG.get() or get_config_env()
    own = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
    name = pulumi.get_stack()
    try:
        stack = Project.at(project_folder).stack(name)
        config = read(own, source=str(stack.file))
    except ProvisionError as error:
        raise pulumi.RunError(str(error)) from None
    outputs = McpStack(name, config, stack.home).outputs
    for key, value in outputs.items():
        pulumi.export(key, value)
    return outputs
