"""What the realm of a stack is built on: Keycloak, the way to it, and the stack's secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi import Output, ResourceOptions

from provision.resources import index

if TYPE_CHECKING:
    import pulumi
    from pydantic import SecretStr

    from provision.config.stack_config import StackConfig
    from provision.resources import Provider
    from provision.runtimes.deployment import Deployment, StartedKeycloak


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Secrets of the stack file; in dev and test stacks, the ones that are not given are generated.

    Args:
        config: What the stack file says.
        component: The component that generated secrets belong to.
    """

    config: StackConfig
    component: pulumi.Resource

    def get(self, name: str, given: SecretStr | None) -> Output[str]:
        """Return the secret that is given, or one that is generated once and kept in the state.

        Args:
            name: The Pulumi name of a generated one.
            given: The one of the stack file.
        """
        if given is not None:
            return Output.secret(given.get_secret_value())
        if not self.config.ephemeral:
            return Output.secret("")  # the configuration was refused already where one is needed
        made: Output[str] = index.GeneratedSecret(
            name, name=name, opts=ResourceOptions(parent=self.component)
        ).value
        return made


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What the realm of a stack is built on.

    Args:
        config: What the stack file says.
        component: The component that everything belongs to.
        owner: Whose the realm is, ``<project>/<stack>``.
        deployment: What starts MCP servers.
        keycloak: The Keycloak that the stack starts; None if somebody else runs it.
        keycloak_url: Keycloak's base address, without a trailing slash.
        provider: The provider that reaches it.
        secrets: The stack's secrets.
        demo_password: The demo user's password.
    """

    config: StackConfig
    component: pulumi.Resource
    owner: str
    deployment: Deployment
    keycloak: StartedKeycloak | None
    keycloak_url: Output[str]
    provider: Provider
    secrets: Secrets
    demo_password: Output[str]
