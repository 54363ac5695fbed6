"""How what a stack runs is started inside the Pulumi program."""

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
    """Where a stack is, and what the resources that run it have in common.

    Args:
        name: What all names outside of the stack's folder begin with, for example ``provision-dev``.
        home: The stack's folder.
        folder: The folder of the stack file, in which a command of the user's own runs.
        config: What the stack file says.
        mark: Tells what this very stack made from what another of the same name made; empty if nothing is recorded.
        opts: Options of the resources.
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
        resource: What goes when it goes.
        url: Its base address as browsers and the provisioner reach it, without a trailing slash; known when it runs.
        planned_url: The same, known before it runs; None where it is not.
        data_id: Tells which data it has, new whenever the data was made anew; given the provider that reaches it.
        senders: Addresses from which requests of this machine reach it, besides loopback ones; None for none.
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
        url: Its canonical URI (RFC 8707).
        resource_metadata: Its protected resource metadata (RFC 9728).
    """

    url: pulumi.Output[str]
    resource_metadata: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class ServerNeeds:
    """What a server has to be told besides its own configuration.

    Args:
        issuer: The realm's issuer.
        scope: The scope that every call needs.
        client_id: The client with which it introspects; None where that is named like the server's URL.
        client_secret: That client's secret.
    """

    issuer: pulumi.Output[str]
    scope: str
    client_id: str | None
    client_secret: pulumi.Output[str]


class Deployment(Protocol):
    """Starts Keycloak and MCP servers."""

    def keycloak(self, admin_secret: pulumi.Output[str]) -> StartedKeycloak | None:
        """Start Keycloak; return None if somebody else runs it.

        Args:
            admin_secret: The secret of the admin service account.
        """

    def server(self, config: ServerConfig, needs: ServerNeeds) -> StartedServer:
        """Start an MCP server.

        Args:
            config: What the stack file says of it.
            needs: What it has to be told.
        """
