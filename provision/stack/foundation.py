"""The foundation of a stack's realm: Keycloak, the provider that reaches Keycloak, and the stack's secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi import Output, ResourceOptions

from provision.resources import index

if TYPE_CHECKING:
    import pulumi

    from provision.config.stack_config import StackConfig
    from provision.resources import Provider
    from provision.runtimes.deployment import Deployment, StartedKeycloak


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """The secrets of a stack: taken from the stack file, or generated if a dev or test stack leaves them out.

    Args:
        config: The stack file's settings.
        component: The component that generated secrets belong to.
    """

    config: StackConfig
    component: pulumi.Resource

    def get(self, name: str) -> Output[str]:
        """Return the given secret, or a secret that is generated once and kept in the state.

        Args:
            name: The Pulumi name of the secret, as in :attr:`StackConfig.own_secrets`.
        """
        given = self.config.own_secrets[name].value
        if given is not None:
            return Output.secret(given.get_secret_value())
        if not self.config.ephemeral:
            return Output.secret("")  # a configuration that needs a secret was refused already
        made: Output[str] = index.GeneratedSecret(
            name, name=name, opts=ResourceOptions(parent=self.component)
        ).value
        return made


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """The foundation that the realm of a stack is built on.

    Args:
        config: The stack file's settings.
        component: The component that all resources belong to.
        owner: The stack that owns the realm, ``<project>/<stack>``.
        deployment: The deployment that starts MCP servers.
        keycloak: The Keycloak that the stack starts; None if somebody else runs it.
        keycloak_url: Keycloak's base address, without a trailing slash.
        provider: The provider that reaches Keycloak.
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

    def of_realm(self, realm: str) -> dict[str, Any]:
        """Return the inputs of a new realm that the rest of the stack decides: its owner, and what is known of its Keycloak.

        Args:
            realm: The realm's name.
        """
        if self.keycloak is None:
            return {"owner": self.owner}
        return {
            "owner": self.owner,
            # The issuer, the data and the features of a Keycloak that the stack starts are known beforehand.
            "features": self.config.features,
            "supplied_keys": self.config.ephemeral,
            "instance": self.keycloak.data_id(self.provider),
            "expected_issuer": self.expected_issuer(realm),
        }

    def realm_options(self) -> ResourceOptions:
        """Return the options of a realm: removing a Keycloak that the stack runs removes its data, and the realm with it."""
        return ResourceOptions(
            parent=self.component,
            provider=self.provider,
            deleted_with=self.keycloak.resource if self.keycloak else None,
        )

    def expected_issuer(self, realm: str) -> Output[str] | None:
        """Return the issuer, known beforehand, of a realm in a Keycloak that the stack starts; None for any other Keycloak.

        Args:
            realm: The realm's name.
        """
        started = self.keycloak
        if started is None:
            return None
        url = started.url if started.planned_url is None else started.planned_url
        return Output.concat(url, "/realms/", realm)
