"""The component that puts a stack together, top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import Output, ResourceOptions

from provision._lib.errors import ProvisionError
from provision.resources import Provider, index
from provision.runtimes.choice import choose
from provision.runtimes.deployment import Placement
from provision.stack.declared_realm import DeclaredRealm, declare_further_realms
from provision.stack.foundation import Foundation, Secrets
from provision.stack.mcp_realm import McpRealm
from provision.stack.outputs import StackOutputs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provision.config.stack_config import StackConfig
    from provision.runtimes.deployment import Deployment
    from provision.runtimes.protocol import Runtime


class McpStack(pulumi.ComponentResource):
    """A Keycloak, a realm that follows the MCP authorization specification, and a protected MCP server.

    Args:
        name: The stack's name.
        config: The stack file's settings.
        home: The folder for the stack's processes.
        folder: The folder of the stack file.
        plain_secrets: The keys of the secrets that stand in the stack file unencrypted.
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
        runtime = _chosen(config, home)
        super().__init__("provision:index:McpStack", name, _inputs(config, runtime.name, plain_secrets), opts)
        secrets = Secrets(config=config, component=self)
        admin_secret = secrets.get("admin-client-secret")
        deployment = self._deployment(runtime, name, config, home, folder)
        started = deployment.keycloak(admin_secret)
        url = Output.from_input(str(config.keycloak.url)) if started is None else started.url
        provider = Provider(
            f"{name}-keycloak",
            url=url,
            client_secret=admin_secret,
            **config.keycloak.service_account(),
            # The stack's own Keycloak has these features once it is up, even if not yet at a preview; any other
            # Keycloak is asked for its features.
            features=None if started is None else ",".join(config.features),
            opts=ResourceOptions(parent=self),
        )
        foundation = Foundation(
            config=config,
            component=self,
            owner=f"{pulumi.get_project()}/{name}",
            deployment=deployment,
            keycloak=started,
            keycloak_url=url,
            provider=provider,
            secrets=secrets,
            demo_password=secrets.get("demo-user-password"),
        )
        realm = McpRealm(foundation) if config.mcp else DeclaredRealm(foundation)
        declare_further_realms(foundation)
        outputs = {
            **realm.outputs(),
            "admin_console": _admin_console(config, url),
            "keycloak_url": url,
            "runtime": runtime.name,
            "admin": Output.secret(
                {"client_id": config.keycloak.admin_client_id, "client_secret": admin_secret}
            ),
        }
        order = list(StackOutputs.model_fields)
        self.outputs = dict(sorted(outputs.items(), key=lambda item: order.index(item[0])))
        self.register_outputs({})

    def _deployment(
        self, runtime: Runtime, name: str, config: StackConfig, home: Path, folder: Path
    ) -> Deployment:
        """Return the stack's deployment, whose resources are made after the runtime's record and removed before it."""
        opts, mark = ResourceOptions(parent=self), Output.from_input("")
        if runtime.facts.is_recorded:
            kept = index.Runtime("runtime", home=str(home), runtime=runtime.name, opts=opts)
            opts, mark = ResourceOptions(parent=self, depends_on=[kept]), kept.mark
        return runtime.deployment(
            Placement(
                name=f"{pulumi.get_project()}-{name}",
                home=home,
                folder=folder,
                config=config,
                mark=mark,
                opts=opts,
            )
        )


def _chosen(config: StackConfig, home: Path) -> Runtime:
    """Return the runtime that the stack runs in; log the reason if the stack file left the choice open.

    Raises:
        pulumi.RunError: The wanted runtime is not available, or the stack runs in another runtime already.
    """
    try:
        choice = choose(config, home)
    except ProvisionError as error:
        raise pulumi.RunError(str(error)) from None
    if choice.why:
        pulumi.log.info(choice.why)
    return choice.runtime


def _inputs(config: StackConfig, runtime: str, plain_secrets: Sequence[str]) -> dict[str, Any]:
    """Return the component's inputs, which rules read: the profile, the runtime and the unencrypted secrets' keys."""
    told: dict[str, Any] = {"profile": config.profile, "runtime": runtime, **_elsewhere(config)}
    return told | {"plainSecrets": list(plain_secrets)} if plain_secrets else told


def _elsewhere(config: StackConfig) -> dict[str, Any]:
    """Return the servers that the stack does not start, as an input that rules read."""
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


def _admin_console(config: StackConfig, url: Output[str]) -> Output[str]:
    return Output.concat(url, "/admin/", config.keycloak.auth_realm, "/console/#/", config.realm.name)
