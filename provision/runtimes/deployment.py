"""The protocol by which the Pulumi program starts Keycloak and the MCP servers of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pulumi

    from provision.config.server import ServerConfig
    from provision.config.stack_config import StackConfig


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The place of a stack and the common options of its runtime's resources.

    Args:
        name: The prefix of all names outside of the stack's folder, for example ``provision-dev``.
        home: The stack's folder.
        folder: The folder of the stack file, in which the user's own command runs.
        config: The stack file's settings.
        mark: A random id of this stack. It distinguishes the stack's resources from the resources of another stack
            with the same name; empty if the stack is not up.
        opts: The options of the resources.
    """

    name: str
    home: Path
    folder: Path
    config: StackConfig
    mark: pulumi.Input[str]
    opts: pulumi.ResourceOptions


@dataclass(frozen=True, kw_only=True)
class StartedKeycloak:
    """A Keycloak that the stack itself runs.

    Args:
        resource: The resource that runs Keycloak; removing the resource removes Keycloak with its data.
        url: Keycloak's base address for browsers and the provisioner, without a trailing slash; known once it runs.
        planned_url: Keycloak's base address before Keycloak runs; None if the address is not known beforehand.
        data_id: A function from Keycloak's provider to the id of Keycloak's data; new data has a new id.
        senders: The addresses, besides loopback, of this machine's requests to Keycloak; None if there are none.
    """

    resource: pulumi.Resource
    url: pulumi.Output[str]
    data_id: Callable[[pulumi.ProviderResource], pulumi.Output[str]]
    planned_url: pulumi.Output[str] | None = None
    senders: pulumi.Output[Sequence[str]] | None = None


@dataclass(frozen=True, kw_only=True)
class StartedServer:
    """An MCP server that the stack itself runs.

    Args:
        url: The server's canonical URI (RFC 8707).
        resource_metadata: The URL of the server's protected resource metadata (RFC 9728).
        secret_given_by: The resources that give the server its introspection client's secret. Keycloak gets a new secret
            after them, so that the running server has the new one when Keycloak stops accepting the former one.
    """

    url: pulumi.Output[str]
    resource_metadata: pulumi.Output[str]
    secret_given_by: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class ServerNeeds:
    """The values that a server needs in addition to its own configuration.

    Args:
        issuer: The realm's issuer.
        scope: The scope that every call needs.
        client_id: The id of the server's introspection client; None if the id is the server's URL.
        client_secret: The introspection client's secret.
    """

    issuer: pulumi.Output[str]
    scope: str
    client_id: str | None
    client_secret: pulumi.Output[str]


class Deployment(Protocol):
    """The protocol of a runtime's deployment, which starts Keycloak and MCP servers."""

    def keycloak(self, admin_secret: pulumi.Output[str]) -> StartedKeycloak | None:
        """Start Keycloak; return None if somebody else runs it.

        Args:
            admin_secret: The secret of the admin service account.
        """

    def server(self, config: ServerConfig, needs: ServerNeeds) -> StartedServer:
        """Start an MCP server.

        Args:
            config: The server's settings in the stack file.
            needs: The values that the server needs in addition.
        """
